namespace ApproxNets.Studies;

/// <summary>A comparison of methods as a result file holds it: one seed of one network and one library.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Library">Name of the multiplier library.</param>
/// <param name="Scheme">Signedness of the operands, "signed" or "unsigned".</param>
/// <param name="Seed">Seed of every stage.</param>
/// <param name="Commit">Commit that the first results are of.</param>
/// <param name="FloatTop1">Test accuracy of the float baseline, in per cent.</param>
/// <param name="QatTop1">Test accuracy of the 8-bit network, in per cent.</param>
/// <param name="Points">The assignments.</param>
public sealed record ComparisonRecord(
    string Network,
    string Dataset,
    string Library,
    string Scheme,
    int Seed,
    string Commit,
    double FloatTop1,
    double QatTop1,
    IReadOnlyList<AssignmentResult> Points);
