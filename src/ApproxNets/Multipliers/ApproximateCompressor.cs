namespace ApproxNets.Multipliers;

/// <summary>An approximate 4:2 compressor without carry in and out: four bits of one column become a sum of the same column and a carry of
/// the next one.</summary>
public enum ApproximateCompressor
{
    /// <summary>
    /// Design 2 of Momeni, Han, Montuschi and Lombardi, "Design and analysis of approximate compressors for multiplication", IEEE Trans.
    /// Computers 64(4), 2015: <c>sum = (x1 xnor x2) or (x3 xnor x4)</c>, <c>carry = (x1 or x2) and (x3 or x4)</c>. Wrong for 4 of the 16
    /// inputs, by 1 each; four zeros give 1.
    /// </summary>
    Momeni,

    /// <summary>
    /// Design 1 of Yang, Han and Lombardi, "Approximate compressors for error-resilient multiplier design", DFTS 2015: as the exact one,
    /// but four ones give 3.
    /// </summary>
    Yang,

    /// <summary>
    /// Venkatachalam and Ko, "Design of power and area efficient approximate multipliers", IEEE TVLSI 25(5), 2017:
    /// <c>sum = (x1 xor x2) or (x3 xor x4) or (x1 x2 x3 x4)</c>, <c>carry = x1 x2 or x3 x4</c>. Wrong for 5 of the 16 inputs, by -1 each.
    /// </summary>
    Venkatachalam,
}
