using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ApproxNets.Interactive.Internals;

/// <summary>
/// Writes a picture as a PDF of one page. A notebook that becomes LaTeX takes it; of an SVG alone, nbconvert demands Inkscape. It knows the
/// elements that pictures here consist of: path (of straight lines), rect, circle, text, image (PNG), and svg and g around them. Text
/// is in the fonts that every PDF viewer has.
/// </summary>
internal sealed partial class SvgPdf
{
    // Widths of Helvetica in thousandths of its size, from the space to the tilde.
    private static readonly int[] Widths = [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278,
        584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
        667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
        278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584];

    private readonly StringBuilder _page = new();
    private readonly List<(string Header, byte[] Content)> _images = [];
    private readonly List<string> _opacities = [];

    public static byte[] Convert(string svg)
    {
        var root = XElement.Parse(svg);
        var (width, height) = ChartSvg.Size(svg);
        var pdf = new SvgPdf();
        pdf._page.Append(CultureInfo.InvariantCulture, $"0.75 0 0 -0.75 0 {0.75 * height} cm 1 j\n");
        pdf.Draw(root, new Dictionary<string, string>());
        return pdf.File(0.75 * width, 0.75 * height);
    }

    private void Draw(XElement element, IReadOnlyDictionary<string, string> inherited)
    {
        var look = new Dictionary<string, string>(inherited);
        foreach (var attribute in element.Attributes())
        {
            look[attribute.Name.LocalName] = attribute.Value;
        }

        double Of(string name, double otherwise = 0) => look.TryGetValue(name, out string? text)
            ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        switch (element.Name.LocalName)
        {
            case "svg" or "g":
                var own = element.Attribute("x") is null ? (0, 0) : (Of("x"), Of("y"));
                _page.Append(CultureInfo.InvariantCulture, $"q 1 0 0 1 {own.Item1} {own.Item2} cm\n");
                look.Remove("x");
                look.Remove("y");
                foreach (var child in element.Elements())
                {
                    Draw(child, look);
                }

                _page.Append("Q\n");
                break;
            case "rect":
                Paint(element, look, string.Create(CultureInfo.InvariantCulture, $"{Of("x")} {Of("y")} {Of("width")} {Of("height")} re\n"));
                break;
            case "circle":
                Paint(element, look, Circle(Of("cx"), Of("cy"), Of("r")));
                break;
            case "path":
                Paint(element, look, Path(look["d"]));
                break;
            case "image":
                _page.Append(CultureInfo.InvariantCulture,
                    $"q {Of("width")} 0 0 {-Of("height")} {Of("x")} {Of("y") + Of("height")} cm /I{_images.Count} Do Q\n");
                AddImage(System.Convert.FromBase64String(look["href"].Split("base64,")[1]));
                break;
            case "text":
                Text(element, look, Of("x"), Of("y"));
                break;
        }
    }

    private void Paint(XElement element, Dictionary<string, string> look, string path)
    {
        bool stroke = look.ContainsKey("stroke");
        bool fill = look.GetValueOrDefault("fill") != "none" && (!stroke || element.Attribute("fill") is not null);
        _page.Append("q ").Append(fill ? Colour(look["fill"], "rg") : "").Append(stroke ? Colour(look["stroke"], "RG") : "");
        if (stroke)
        {
            string cap = look.GetValueOrDefault("stroke-linecap") switch { "round" => "1", "square" => "2", _ => "0" };
            _page.Append(look.GetValueOrDefault("stroke-width", "1")).Append(" w ").Append(cap).Append(" J ")
                .Append(look.TryGetValue("stroke-dasharray", out string? dash) ? $"[{dash}] 0 d " : "");
        }

        if (look.TryGetValue("opacity", out string? opacity) && opacity != "1")
        {
            if (!_opacities.Contains(opacity))
            {
                _opacities.Add(opacity);
            }

            _page.Append($"/G{_opacities.IndexOf(opacity)} gs ");
        }

        _page.Append(path).Append(stroke && fill ? "B" : stroke ? "S" : "f").Append(" Q\n");
    }

    private static string Path(string d)
    {
        var path = new StringBuilder();
        string[] tokens = [.. Token().Matches(d).Select(match => match.Value)];
        (double X, double Y) at = (0, 0), start = (0, 0);
        char command = 'M';
        for (int i = 0; i < tokens.Length;)
        {
            if (char.IsLetter(tokens[i][0]))
            {
                command = tokens[i++][0];
                if (command == 'z')
                {
                    path.Append("h\n");
                    at = start;
                    continue;
                }
            }

            double Next() => double.Parse(tokens[i++], CultureInfo.InvariantCulture);
            var from = char.IsLower(command) ? at : (0, 0);
            at = char.ToLowerInvariant(command) switch
            {
                'h' => (from.X + Next(), at.Y),
                'v' => (at.X, from.Y + Next()),
                _ => (from.X + Next(), from.Y + Next()),
            };
            bool moves = command is 'M' or 'm';
            path.Append(CultureInfo.InvariantCulture, $"{at.X:0.##} {at.Y:0.##} {(moves ? 'm' : 'l')}\n");
            if (moves)
            {
                (start, command) = (at, command == 'M' ? 'L' : 'l');
            }
        }

        return path.ToString();
    }

    private static string Circle(double x, double y, double r)
    {
        double c = 0.5523 * r; // four Bezier curves, the usual constant
        return string.Create(CultureInfo.InvariantCulture,
            $"{x + r:0.##} {y:0.##} m {x + r:0.##} {y + c:0.##} {x + c:0.##} {y + r:0.##} {x:0.##} {y + r:0.##} c "
            + $"{x - c:0.##} {y + r:0.##} {x - r:0.##} {y + c:0.##} {x - r:0.##} {y:0.##} c "
            + $"{x - r:0.##} {y - c:0.##} {x - c:0.##} {y - r:0.##} {x:0.##} {y - r:0.##} c "
            + $"{x + c:0.##} {y - r:0.##} {x + r:0.##} {y - c:0.##} {x + r:0.##} {y:0.##} c h\n");
    }

    private void Text(XElement element, Dictionary<string, string> look, double x, double y)
    {
        double size = double.Parse(look["font-size"], CultureInfo.InvariantCulture);
        bool mono = look["font-family"] == "monospace";
        string font = mono ? "/F2" : look.GetValueOrDefault("font-weight") == "600" ? "/F1" : "/F0";
        var parts = element.Nodes().Select(node => node is XElement span
            ? (Text: span.Value, Size: (double?)span.Attribute("font-size") ?? size, Rise: -((double?)span.Attribute("dy") ?? 0))
            : (Text: ((XText)node).Value, Size: size, Rise: 0)).ToList();
        double width = parts.Sum(part => part.Size * part.Text.Sum(c => mono ? 600 : c is >= ' ' and <= '~' ? Widths[c - ' '] : 556) / 1000);
        double back = width * (look.GetValueOrDefault("text-anchor") switch { "middle" => 0.5, "end" => 1, _ => 0 });
        double angle = look.TryGetValue("transform", out string? turn) ? double.Parse(Angle().Match(turn).Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        var (sin, cos) = Math.SinCos(angle * Math.PI / 180);
        _page.Append("BT ").Append(Colour(look["fill"], "rg")).Append(CultureInfo.InvariantCulture,
            $"{cos:0.####} {sin:0.####} {sin:0.####} {-cos:0.####} {x - (back * cos):0.##} {y - (back * sin):0.##} Tm ");
        foreach (var part in parts)
        {
            string text = part.Text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("(", "\\(", StringComparison.Ordinal)
                .Replace(")", "\\)", StringComparison.Ordinal).Replace('…', '\u0085');
            _page.Append(CultureInfo.InvariantCulture, $"{font} {part.Size} Tf {part.Rise} Ts ({text}) Tj ");
        }

        _page.Append("ET\n");
    }

    private static string Colour(string hex, string use)
    {
        string full = hex.Length == 4 ? string.Concat(hex[1..].Select(digit => $"{digit}{digit}")) : hex[1..];
        return string.Join(' ', System.Convert.FromHexString(full).Select(part => (part / 255.0).ToString("0.###", CultureInfo.InvariantCulture)))
            + $" {use} ";
    }

    // PDF reads the compressed rows of a PNG as they are.
    private void AddImage(byte[] png)
    {
        using var rows = new MemoryStream();
        string header = "", palette = "";
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var content = png.AsSpan(at + 8, length);
            switch (Encoding.ASCII.GetString(png, at + 4, 4))
            {
                case "IHDR":
                    int width = BinaryPrimitives.ReadInt32BigEndian(content), colours = content[9] switch { 2 => 3, _ => 1 };
                    header = $"/Width {width} /Height {BinaryPrimitives.ReadInt32BigEndian(content[4..])} /BitsPerComponent 8 /Filter /FlateDecode "
                        + $"/DecodeParms << /Predictor 15 /Colors {colours} /Columns {width} >> /ColorSpace "
                        + content[9] switch { 2 => "/DeviceRGB", 0 => "/DeviceGray", _ => "" };
                    break;
                case "PLTE":
                    palette = $"[/Indexed /DeviceRGB {(length / 3) - 1} <{System.Convert.ToHexString(content)}>]";
                    break;
                case "IDAT":
                    rows.Write(content);
                    break;
            }

            at += length + 12;
        }

        _images.Add(($"/Type /XObject /Subtype /Image {header}{palette}", rows.ToArray()));
    }

    private byte[] File(double width, double height)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize))
        {
            zlib.Write(Encoding.Latin1.GetBytes(_page.ToString()));
        }

        string[] fonts = ["Helvetica", "Helvetica-Bold", "Courier"];
        int firstFont = 5, firstImage = firstFont + fonts.Length;
        string resources = "/Font << " + string.Concat(fonts.Select((_, i) => $"/F{i} {firstFont + i} 0 R ")) + ">> /XObject << "
            + string.Concat(_images.Select((_, i) => $"/I{i} {firstImage + i} 0 R ")) + ">> /ExtGState << "
            + string.Concat(_opacities.Select((value, i) => $"/G{i} << /ca {value} /CA {value} >> ")) + ">>";
        List<(string Header, byte[]? Stream)> objects = [
            ("/Type /Catalog /Pages 2 0 R", null), ("/Type /Pages /Kids [3 0 R] /Count 1", null),
            (string.Create(CultureInfo.InvariantCulture,
                $"/Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R /Resources << {resources} >>"), null),
            ("/Filter /FlateDecode", packed.ToArray()),
            .. fonts.Select(font => ($"/Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding", (byte[]?)null)),
            .. _images.Select(image => (image.Header, (byte[]?)image.Content))];
        using var file = new MemoryStream();
        void Write(string text) => file.Write(Encoding.Latin1.GetBytes(text));
        Write("%PDF-1.4\n");
        var offsets = new List<long>();
        foreach (var (header, stream) in objects)
        {
            offsets.Add(file.Position);
            Write($"{offsets.Count} 0 obj\n<< {header}{(stream is null ? "" : $" /Length {stream.Length}")} >>\n");
            if (stream is not null)
            {
                Write("stream\n");
                file.Write(stream);
                Write("\nendstream\n");
            }

            Write("endobj\n");
        }

        long table = file.Position;
        Write($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n" + string.Concat(offsets.Select(offset => $"{offset:D10} 00000 n \n"))
            + $"trailer\n<< /Size {objects.Count + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return file.ToArray();
    }

    [GeneratedRegex(@"[A-Za-z]|-?\d+\.?\d*")]
    private static partial Regex Token();

    [GeneratedRegex(@"rotate\((-?[\d.]+)")]
    private static partial Regex Angle();
}
