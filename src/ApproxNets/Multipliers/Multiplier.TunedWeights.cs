using static System.Globalization.CultureInfo;

namespace ApproxNets.Multipliers;

/// <content>Weights coded as the circuit likes them.</content>
public sealed partial class Multiplier
{
    // Alternating settles in a few rounds, in dozens where nearly all weights are large; every round lowers the error or ends the search.
    private const int TuningRounds = 64;

    /// <summary>
    /// A factor of all products, alpha, that dequantisation absorbs: a layer computes with <c>alpha m(x, w)</c>. 1 except for tuned
    /// multipliers (<see cref="TunedFor"/>). Neither <see cref="Products"/> nor what is computed of them contains it, unless they say so.
    /// </summary>
    public double Scale { get; internal init; } = 1;

    /// <summary>For every weight code the code that takes its place in the circuit, 256 entries (<see cref="TunedFor"/>); empty where
    /// weights are not tuned.</summary>
    public ReadOnlyMemory<byte> WeightCodes { get; internal init; }

    /// <summary>
    /// Makes the multiplier of the same circuit with weights tuned to a layer. A weight is a constant, so for each of its 256 values the
    /// code is stored whose products are nearest to those wanted, <c>c(w) = argmin_c E_x[(alpha m(x, c) - x w)^2]</c> (the idea of Mrazek,
    /// Vasicek, Sekanina, Hanif, Shafique, "ALWANN", ICCAD 2019, whose measure is the mean absolute error over uniform x, without a scale).
    /// The products are <c>m(x, c(w))</c>; the circuit and its power are the same.
    /// </summary>
    /// <remarks>
    /// <para>The scale is <c>alpha = sum p_x p_w m(x, c(w)) x w / sum p_x p_w m(x, c(w))^2</c>, the least squares for given codes, to four
    /// digits. Codes and scale are found in turn, from alpha = 1 on, while the error falls: a local optimum, never worse than alpha = 1.
    /// Deterministic. Of equally good codes the weight's own is taken, else the least.</para>
    /// <para>Unsigned multipliers keep alpha = 1. Their products are of affine codes, and the exact corrections for zero points,
    /// <c>-z_w sum x - z_x sum w</c>, are added to their sum before dequantisation scales both: a factor of the products alone would be a
    /// multiplication more for every output, in the circuit as in the kernels. The wanted products are <c>x w</c> of the codes, as the
    /// corrections assume.</para>
    /// </remarks>
    /// <param name="activations">Relative frequency of every activation code, p_x, 256 numbers &gt;= 0.</param>
    /// <param name="weights">That of every weight code, p_w.</param>
    /// <param name="scaled">Whether alpha may differ from 1.</param>
    /// <exception cref="ArgumentException">A distribution has not 256 entries, a negative one, or a sum that is not positive; or this multiplier is
    /// tuned already.</exception>
    public Multiplier TunedFor(ReadOnlySpan<double> activations, ReadOnlySpan<double> weights, bool scaled = true)
    {
        CheckDistribution(activations, nameof(activations));
        CheckDistribution(weights, nameof(weights));
        if (!WeightCodes.IsEmpty)
        {
            throw new ArgumentException($"Multiplier '{Name}': found tuned weights, expected the multiplier that they are of.");
        }

        var tuning = new WeightCodeSearch(this, activations);
        double scale = 1;
        byte[] codes = tuning.CodesFor(scale);
        double error = tuning.Error(codes, scale, weights);
        for (int round = 0; scaled && Signedness == Signedness.Signed && round < TuningRounds; round++)
        {
            double next = tuning.ScaleFor(codes, weights);
            byte[] nextCodes = tuning.CodesFor(next);
            double nextError = tuning.Error(nextCodes, next, weights);
            if (!(nextError < error))
            {
                break;
            }

            (scale, codes, error) = (next, nextCodes, nextError);
        }

        var products = new int[Codes * Codes];
        for (int i = 0; i < products.Length; i++)
        {
            products[i] = _products[(i & ~255) | codes[i & 255]];
        }

        return new Multiplier(Name, Signedness, products, RelativePower, PowerSource)
        {
            AreaSquareMicrometres = AreaSquareMicrometres,
            DelayNanoseconds = DelayNanoseconds,
            AreaDelaySource = AreaDelaySource,
            PowerWithoutSignLogic = PowerWithoutSignLogic,
            Scale = scale,
            WeightCodes = codes,
        };
    }

    /// <summary>The errors with the scale, <c>alpha m(x, w) - x w</c>, in the order of <see cref="Products"/>.</summary>
    internal double[] ScaledErrors()
    {
        var errors = new double[_products.Length];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = (Scale * _products[i]) - (((i >> 8) + MinOperand) * ((i & 255) + MinOperand));
        }

        return errors;
    }

    private void CheckDistribution(ReadOnlySpan<double> distribution, string parameter)
    {
        double sum = 0;
        foreach (double share in distribution)
        {
            sum += share >= 0 ? share : double.NaN;
        }

        if (distribution.Length != Codes || !(sum > 0) || !double.IsFinite(sum))
        {
            throw new ArgumentException(
                $"Multiplier '{Name}': found a distribution of {distribution.Length} entries with the sum {sum}, expected {Codes} entries >= 0 with a "
                + "positive sum.", parameter);
        }
    }

    /// <summary>
    /// The expected squared error of a weight w in the place of which the code c is stored,
    /// <c>alpha^2 A_c - 2 alpha w B_c + w^2 C</c> with <c>A_c = E m(x, c)^2</c>, <c>B_c = E m(x, c) x</c>, <c>C = E x^2</c>.
    /// </summary>
    private sealed class WeightCodeSearch
    {
        private readonly double[] _a = new double[Codes], _b = new double[Codes];
        private readonly double _c;
        private readonly int _least;

        public WeightCodeSearch(Multiplier multiplier, ReadOnlySpan<double> activations)
        {
            _least = multiplier.MinOperand;
            for (int x = 0; x < Codes; x++)
            {
                double share = activations[x], value = x + _least;
                _c += share * value * value;
                ReadOnlySpan<int> row = multiplier._products.AsSpan(x * Codes, Codes);
                for (int c = 0; c < Codes && share > 0; c++)
                {
                    _a[c] += share * row[c] * row[c];
                    _b[c] += share * row[c] * value;
                }
            }
        }

        public byte[] CodesFor(double scale)
        {
            var codes = new byte[Codes];
            for (int w = 0; w < Codes; w++)
            {
                double least = Error(w, w, scale);
                codes[w] = (byte)w;
                for (int c = 0; c < Codes; c++)
                {
                    double error = Error(w, c, scale);
                    if (error < least)
                    {
                        (least, codes[w]) = (error, (byte)c);
                    }
                }
            }

            return codes;
        }

        /// <summary>The best scale for given codes, to four digits; 1 where all products are 0, or their best scale is not positive.</summary>
        public double ScaleFor(byte[] codes, ReadOnlySpan<double> weights)
        {
            double products = 0, squares = 0;
            for (int w = 0; w < Codes; w++)
            {
                products += weights[w] * (w + _least) * _b[codes[w]];
                squares += weights[w] * _a[codes[w]];
            }

            return squares > 0 && products > 0 ? double.Parse((products / squares).ToString("G4", InvariantCulture), InvariantCulture) : 1;
        }

        public double Error(byte[] codes, double scale, ReadOnlySpan<double> weights)
        {
            double error = 0;
            for (int w = 0; w < Codes; w++)
            {
                error += weights[w] * Error(w, codes[w], scale);
            }

            return error;
        }

        private double Error(int w, int c, double scale)
        {
            double value = w + _least;
            return (scale * scale * _a[c]) - (2 * scale * value * _b[c]) + (value * value * _c);
        }
    }
}
