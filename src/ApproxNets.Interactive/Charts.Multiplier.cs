using System.Globalization;
using ApproxNets.Circuits;
using ApproxNets.Interactive.Internals;
using ApproxNets.Multipliers;
using Properties = System.Collections.Generic.Dictionary<string, object?>;

namespace ApproxNets.Interactive;

/// <content>Multipliers: the card of one, two compared, a library as a cloud of points.</content>
public static partial class Charts
{
    // Of the map of errors, a side: 4 x 4 operand pairs in a field. All 65,536 pairs would be sixteen times the text.
    private const int MapSide = 64, MaxBins = 61;

    /// <summary>
    /// Shows a multiplier's card: power, area, delay and error figures with their sources, the dot diagram of its circuit, a map of its
    /// errors <c>E = m(x, w) - x w</c>, their distribution, and their mean by operand. All operand pairs count the same.
    /// </summary>
    /// <param name="multiplier">The multiplier; its circuit is looked for among the shipped ones.</param>
    public static MultiplierCard Card(Multiplier multiplier)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        return Card(multiplier, ShippedCircuits.Find(multiplier));
    }

    /// <inheritdoc cref="Card(Multiplier)"/>
    /// <param name="multiplier">The multiplier and its circuit.</param>
    public static MultiplierCard Card(MultiplierCircuit multiplier)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        return Card(multiplier, multiplier);
    }

    private static MultiplierCard Card(Multiplier multiplier, MultiplierCircuit? circuit)
    {
        var figures = FiguresOf(multiplier);
        var table = Table.Of(figures, ("figure", f => f.Name, ""), ("value", f => f.Value, ""), ("source", f => f.Source, ""));
        int[] errors = multiplier.ErrorMap();
        var map = ErrorField(multiplier, Blocks(errors), "error", "x", "y");
        double[] operands = [.. Enumerable.Range(0, Multiplier.Codes).Select(code => (double)(code + multiplier.MinOperand))];
        var (byActivation, byWeight) = MeansByOperand(errors, error => error);
        return new MultiplierCard(
            Named(multiplier), table, Diagrams([(multiplier, circuit)], out string note), note,
            Panels($"Errors of {multiplier.Name}: map (mean of 4 x 4 operand pairs), distribution, mean by operand",
                [map, .. Distributions([(multiplier.Name, errors)], showLegend: false),
                    ByOperand("by weight w", operands, byWeight, 1), ByOperand("by activation x", operands, byActivation, 0)],
                "error map", "mean error", "operand"));
    }

    /// <summary>
    /// Shows two multipliers side by side: their figures, dot diagrams, error distributions and mean absolute errors by activation, and a
    /// map of the difference <c>|E_b| - |E_a|</c>: blue where the second one errs less.
    /// </summary>
    /// <param name="a">The first multiplier; the circuits of both are looked for among the shipped ones.</param>
    /// <param name="b">The second one, of the same signedness.</param>
    /// <exception cref="ArgumentException">The signednesses differ.</exception>
    public static MultiplierCard Compare(Multiplier a, Multiplier b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Compare(a, b, ShippedCircuits.Find(a), ShippedCircuits.Find(b));
    }

    /// <inheritdoc cref="Compare(Multiplier, Multiplier)"/>
    /// <param name="a">The first multiplier and its circuit.</param>
    /// <param name="b">The second ones, of the same signedness.</param>
    public static MultiplierCard Compare(MultiplierCircuit a, MultiplierCircuit b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Compare(a, b, a, b);
    }

    private static MultiplierCard Compare(Multiplier a, Multiplier b, MultiplierCircuit? circuitA, MultiplierCircuit? circuitB)
    {
        if (a.Signedness != b.Signedness)
        {
            throw new ArgumentException($"Comparison: found {a} and {b}, expected two multipliers of the same signedness.");
        }

        var (first, second) = (FiguresOf(a), FiguresOf(b));
        var rows = first.Zip(second, (f, s) => new object?[] { f.Name, f.Value, s.Value, f.Source == s.Source ? f.Source
            : f.Source.Length == 0 || s.Source.Length == 0 ? f.Source + s.Source : $"{f.Source}; {s.Source}" });
        int[] errorsA = a.ErrorMap(), errorsB = b.ErrorMap();
        int[] difference = [.. errorsA.Zip(errorsB, (ea, eb) => Math.Abs(eb) - Math.Abs(ea))];
        double[] operands = [.. Enumerable.Range(0, Multiplier.Codes).Select(code => (double)(code + a.MinOperand))];
        return new MultiplierCard(
            $"{Named(a)} and {Named(b)}", Table.Show(["figure", a.Name, b.Name, "source"], rows),
            Diagrams([(a, circuitA), (b, circuitB)], out string note), note,
            Panels($"Errors of {a.Name} and {b.Name}: |error| of the second minus that of the first (mean of 4 x 4 operand pairs), "
                + "distributions, mean |error| by activation",
                [ErrorField(a, Blocks(difference), "change", "x", "y"),
                    .. Distributions([(a.Name, errorsA), (b.Name, errorsB)], showLegend: true),
                    ByOperand(a.Name, operands, MeansByOperand(errorsA, Math.Abs).ByActivation, 0, legend: false),
                    ByOperand(b.Name, operands, MeansByOperand(errorsB, Math.Abs).ByActivation, 1, legend: false)],
                $"|error| {b.Name} - {a.Name}", "mean |error|", "activation x"));
    }

    /// <summary>Shows which bit products the circuit of a multiplier has.</summary>
    /// <param name="multiplier">The multiplier and its circuit.</param>
    public static DotDiagram DotDiagram(MultiplierCircuit multiplier) => new(multiplier);

    /// <inheritdoc cref="DotDiagram(MultiplierCircuit)"/>
    /// <param name="multiplier">A multiplier whose circuit is among the shipped ones.</param>
    /// <exception cref="ArgumentException">It has no shipped circuit.</exception>
    public static DotDiagram DotDiagram(Multiplier multiplier) => new(ShippedCircuits.Find(multiplier)
        ?? throw new ArgumentException(
            $"Dot diagram: found no circuit of '{multiplier.Name}', expected a shipped one.", nameof(multiplier)));

    /// <summary>
    /// Draws every approximate multiplier of a library as a point, energy against mean absolute error, and the Pareto front of all. At
    /// equal clock the energy of a multiplication is proportional to the power. The exact multiplier, which has no place on the logarithmic
    /// axis, is a dashed line at 100 %.
    /// </summary>
    /// <param name="library">The library.</param>
    /// <param name="own">Further multipliers of the same signedness, drawn as stars; the front is that of all.</param>
    /// <exception cref="ArgumentException">A further multiplier is of the other signedness, or none is approximate.</exception>
    public static Figure Pareto(MultiplierLibrary library, params IReadOnlyList<Multiplier> own)
    {
        ArgumentNullException.ThrowIfNull(library);
        ArgumentNullException.ThrowIfNull(own);
        foreach (Multiplier other in own.Where(other => other.Signedness != library.Signedness))
        {
            throw new ArgumentException($"Pareto chart of {library}: found {other}, expected the library's signedness.");
        }

        var error = library.Multipliers.Concat(own).Where(m => !m.IsExact).Distinct()
            .ToDictionary(m => m, m => ErrorStatistics.Of(m).MeanAbsoluteError);
        if (error.Count == 0)
        {
            throw new ArgumentException($"Pareto chart of {library}: found exact multipliers only, expected approximate ones.");
        }

        var front = ParetoFront.Of(error.Keys, m => error[m]);
        Series Points(string name, IEnumerable<Multiplier> some)
        {
            Multiplier[] all = [.. some];
            return new Series(name, all.Select(m => 100 * m.RelativePower), all.Select(m => error[m]), all.Select(m => m.Name));
        }

        Series line = Points("Pareto front", front), rest = Points(library.Name, library.Multipliers.Where(error.ContainsKey)),
            stars = Points("yours", own.Where(error.ContainsKey));
        Properties stairs = Charts.Points(line, 1, "lines", 5, logX: false, logY: true);
        ((Properties)stairs["line"]!)["shape"] = "vh"; // with less power than a point has, only the next one's error is to be had
        stairs["hoverinfo"] = "skip";
        stairs["text"] = stairs["hovertemplate"] = null;
        List<Properties> traces = [stairs, Charts.Points(rest, 0, "markers", 7, logX: false, logY: true)];
        if (stars.X.Count > 0)
        {
            Properties yours = Charts.Points(stars, 2, "markers+text", 15, logX: false, logY: true);
            ((Properties)yours["marker"]!)["symbol"] = "star";
            yours["textposition"] = "top right";
            traces.Add(yours);
        }

        foreach (Properties points in traces.Skip(1))
        {
            points["hovertemplate"] = "%{text}<br>energy %{x:.1f} %<br>MAE %{y:.4g}";
        }

        Properties exact = Charts.Points(
            new Series("exact, MAE 0", [100, 100], [error.Values.Min(), error.Values.Max()]), 3, "lines", 5, logX: false, logY: true);
        ((Properties)exact["line"]!)["dash"] = "dash";
        exact["hovertemplate"] = "exact multiplier<br>energy 100 %<br>MAE 0";
        traces.Add(exact);

        return ChartLayout.Make(
            $"Energy and error of {error.Count} approximate multipliers ({Signed(library)}), {front.Count} of them on the Pareto front",
            traces,
            ChartLayout.Axis("energy of a multiplication relative to the exact one / %"),
            ChartLayout.Axis("mean absolute error (MAE)", log: true, error.Values));
    }

    private static string Signed(MultiplierLibrary library) =>
        library.Name.Split(' ').Contains(library.Signedness.Word()) ? library.Name : $"{library.Name}, {library.Signedness.Word()}";

    private static string Named(Multiplier m) => $"{m.Name} ({m.Signedness.Word()}, table {m.TableHash})";

    private static (string Name, string Value, string Source)[] FiguresOf(Multiplier m)
    {
        ErrorStatistics e = ErrorStatistics.Of(m);
        string counted = "all operand pairs", area = m.AreaDelaySource ?? "";
        return
        [
            ("power / exact", Text("F3", m.RelativePower), m.PowerSource),
            ("area / \u00b5m\u00b2", Known("F0", m.AreaSquareMicrometres), area),
            ("delay / ns", Known("F2", m.DelayNanoseconds), area),
            ("MAE, mean absolute error", Text("N2", e.MeanAbsoluteError), counted),
            ("WCE, worst case", Text("N0", e.WorstCaseError), counted),
            ("MRE, mean relative error", Text("P2", e.MeanRelativeError), "pairs without 0"),
            ("EP, error probability", Text("P1", e.ErrorProbability), counted),
            ("bias, mean error", Text("N2", e.MeanError), counted),
        ];

        static string Known(string format, double? value) => value is { } known ? Text(format, known) : "not known";
        static string Text(string format, double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static List<DotDiagram> Diagrams(
        IEnumerable<(Multiplier Multiplier, MultiplierCircuit? Circuit)> multipliers, out string note)
    {
        List<DotDiagram> diagrams = [];
        List<string> missing = [];
        foreach ((Multiplier m, MultiplierCircuit? circuit) in multipliers)
        {
            if (circuit is null)
            {
                missing.Add($"{m.Name}: no dot diagram, as only the table is known.");
            }
            else if (new DotDiagram(circuit) is { Kept: > 0 } diagram)
            {
                diagrams.Add(diagram);
            }
            else
            {
                missing.Add($"{m.Name}: no dot diagram, as its circuit does not multiply bits of the operands directly.");
            }
        }

        note = string.Join(' ', missing);
        return diagrams;
    }

    // Means over fields of 4 x 4 pairs.
    private static double[,] Blocks(int[] values)
    {
        const int Step = Multiplier.Codes / MapSide;
        var means = new double[MapSide, MapSide];
        for (int i = 0; i < values.Length; i++)
        {
            means[(i >> 8) / Step, (i & 255) / Step] += values[i] / (double)(Step * Step);
        }

        return means;
    }

    private static (double[] ByActivation, double[] ByWeight) MeansByOperand(int[] errors, Func<int, int> of)
    {
        var (byActivation, byWeight) = (new double[Multiplier.Codes], new double[Multiplier.Codes]);
        for (int i = 0; i < errors.Length; i++)
        {
            byActivation[i >> 8] += of(errors[i]) / (double)Multiplier.Codes;
            byWeight[i & 255] += of(errors[i]) / (double)Multiplier.Codes;
        }

        return (byActivation, byWeight);
    }

    private static Properties ErrorField(Multiplier m, double[,] values, string title, string xAxis, string yAxis)
    {
        var trace = HeatmapTrace("Error map", title, values, diverging: true);
        const double Middle = (Multiplier.Codes / MapSide - 1) / 2.0;
        Place(trace, "x", MapSide, (m.MinOperand + Middle, m.MaxOperand - Middle));
        Place(trace, "y", MapSide, (m.MinOperand + Middle, m.MaxOperand - Middle));
        trace["z"] = ((object?[][])trace["z"]!).Select(row => row.Select(Short).ToArray()).ToArray();
        if (values.Cast<double>().All(value => value == 0))
        {
            (trace["zmin"], trace["zmax"]) = (-1, 1); // else plotly takes the one value for an end of the scale
        }

        var bar = (Properties)trace["colorbar"]!;
        (bar["x"], bar["xanchor"], bar["len"]) = (0.385, "left", 0.9);
        trace["hovertemplate"] = "w about %{x}<br>x about %{y}<br>" + title + " %{z}<extra></extra>";
        (trace["xaxis"], trace["yaxis"]) = (xAxis, yAxis);
        return trace;

        // Three digits are more than colours show.
        static object? Short(object? value) => value is double number
            ? ChartLayout.Number(double.Parse(number.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
            : value;
    }

    private static IEnumerable<Properties> Distributions(IReadOnlyList<(string Name, int[] Errors)> all, bool showLegend)
    {
        int low = all.Min(one => one.Errors.Min()), high = all.Max(one => one.Errors.Max());
        int width = Math.Max(1, (high - low + MaxBins) / MaxBins), bins = ((high - low) / width) + 1;
        for (int s = 0; s < all.Count; s++)
        {
            var counts = new int[bins];
            foreach (int error in all[s].Errors)
            {
                counts[(error - low) / width]++;
            }

            yield return new Properties
            {
                ["type"] = "bar",
                ["name"] = all[s].Name,
                ["showlegend"] = showLegend,
                ["legendgroup"] = all[s].Name,
                ["x"] = ChartLayout.Numbers(Enumerable.Range(0, bins).Select(bin => low + (bin * width) + ((width - 1) / 2.0))),
                ["y"] = ChartLayout.Numbers(counts.Select(count => count == 0 ? double.NaN : 100.0 * count / all[s].Errors.Length)),
                ["opacity"] = all.Count > 1 ? 0.6 : 0.9,
                ["marker"] = new Properties { ["color"] = ChartLayout.Palette[s] },
                ["hovertemplate"] = "error about %{x}<br>%{y:.3g} % of the pairs<extra></extra>",
                ["xaxis"] = "x2",
                ["yaxis"] = "y2",
            };
        }
    }

    private static Properties ByOperand(string name, double[] operands, double[] means, int index, bool legend = true)
    {
        Properties trace = Points(new Series(name, operands, means), index, "lines", 4, logX: false, logY: false);
        (trace["xaxis"], trace["yaxis"], trace["showlegend"], trace["legendgroup"]) = ("x3", "y3", legend, name);
        (trace["x0"], trace["dx"], trace["x"]) = (operands[0], 1, null);
        ((Properties)trace["line"]!)["width"] = 1.2;
        trace["y"] = means.Select(mean => ChartLayout.Number(
            double.Parse(mean.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))).ToArray();
        return trace;
    }

    // The map on the left, as high as the two others on the right.
    private static Figure Panels(string caption, IEnumerable<Properties> traces, string mapTitle, string meanTitle, string operandTitle)
    {
        Properties x = ChartLayout.Axis("weight w"), y = ChartLayout.Axis("activation x");
        Properties x2 = ChartLayout.Axis("error"), y2 = ChartLayout.Axis("pairs / %", log: true, [1e-3, 100]);
        Properties x3 = ChartLayout.Axis(operandTitle), y3 = ChartLayout.Axis(meanTitle);
        (x["domain"], x2["domain"], x3["domain"]) = (new[] { 0, 0.38 }, new[] { 0.63, 1 }, new[] { 0.63, 1 });
        (y2["domain"], y3["domain"]) = (new[] { 0.64, 1 }, new[] { 0, 0.36 });
        (x2["anchor"], y2["anchor"], x3["anchor"], y3["anchor"]) = ("y2", "x2", "y3", "x3");
        return ChartLayout.Make(caption, traces, x, y, layout =>
        {
            layout["height"] = 480;
            (layout["xaxis2"], layout["yaxis2"], layout["xaxis3"], layout["yaxis3"]) = (x2, y2, x3, y3);
            (layout["barmode"], layout["bargap"]) = ("overlay", 0);
            layout["legend"] = new Properties { ["orientation"] = "h", ["x"] = 0.62, ["y"] = 0.365, ["yanchor"] = "bottom" };
            layout["annotations"] = new[] { new Properties
            {
                ["text"] = mapTitle, ["x"] = 0, ["xref"] = "paper", ["xanchor"] = "left", ["y"] = 1, ["yref"] = "paper",
                ["yanchor"] = "bottom", ["showarrow"] = false,
            } };

            // On a telephone the three stand above each other.
            layout["meta"] = new Properties { ["narrow"] = new Properties
            {
                ["more"] = 420,
                ["data"] = new Properties { ["colorbar.x"] = 1.0, ["colorbar.y"] = 0.84, ["colorbar.len"] = 0.34 },
                ["layout"] = new Properties
                {
                    ["xaxis.domain"] = new[] { 0, 1 }, ["yaxis.domain"] = new[] { 0.70, 1 },
                    ["xaxis2.domain"] = new[] { 0, 1 }, ["yaxis2.domain"] = new[] { 0.40, 0.60 },
                    ["xaxis3.domain"] = new[] { 0, 1 }, ["yaxis3.domain"] = new[] { 0, 0.23 },
                    ["xaxis2.tickangle"] = 0, ["xaxis2.nticks"] = 4, ["legend.x"] = 0, ["legend.y"] = 0.235,
                },
            } };
        });
    }
}
