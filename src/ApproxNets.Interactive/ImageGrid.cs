using System.Net;
using System.Text;
using ApproxNets.Interactive.Internals;
using StbImageWriteSharp;

namespace ApproxNets.Interactive;

/// <summary>Images in rows, each over its label, with a caption; the images are part of the page.</summary>
public sealed class ImageGrid
{
    private readonly string[] _images;
    private readonly string[] _labels;
    private readonly (int Height, int Width) _shown;
    private readonly int _columns;

    internal ImageGrid(
        string caption, IReadOnlyList<byte[]> images, (int Channels, int Height, int Width) shape, IReadOnlyList<string> labels,
        int columns, int scale)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        if (images.Count == 0 || labels.Count != images.Count)
        {
            throw new ArgumentException(
                $"Images '{caption}': found {images.Count} images and {labels.Count} labels, "
                + "expected at least one and as many of each.");
        }

        Caption = caption;
        _images = [.. images.Select(image => "data:image/png;base64,"
            + Convert.ToBase64String(Png(image, shape.Channels, shape.Height, shape.Width)))];
        _labels = [.. labels];
        _columns = columns;
        _shown = (shape.Height * scale, shape.Width * scale);
    }

    /// <summary>What the images show.</summary>
    public string Caption { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{_images.Length} images: {Caption}";

    internal string ToHtml()
    {
        var html = new StringBuilder(
            "<figure class=\"an-images\" style=\"margin:1em 0\">"
            + "<div style=\"display:grid;gap:8px;justify-content:start;");
        html.Append("grid-template-columns:repeat(").Append(_columns).Append(",minmax(0,").Append(Math.Max(_shown.Width + 8, 64))
            .Append("px))\">");
        for (int i = 0; i < _images.Length; i++)
        {
            string label = WebUtility.HtmlEncode(_labels[i]);
            html.Append("<div style=\"text-align:center;font:12px system-ui,sans-serif\"><img width=\"").Append(_shown.Width)
                .Append("\" height=\"").Append(_shown.Height)
                    .Append("\" style=\"image-rendering:pixelated;max-width:100%;height:auto\" alt=\"").Append(label)
                .Append("\" src=\"").Append(_images[i]).Append("\"><br>").Append(label).Append("</div>");
        }

        html.Append("</div><figcaption style=\"font:0.9em system-ui,sans-serif;padding-top:6px\">").Append(WebUtility.HtmlEncode(Caption))
            .Append("</figcaption></figure>");
        return html.ToString();
    }

    internal string ToSvg()
    {
        int pitch = Math.Max(_shown.Width + 8, 64), rowHeight = _shown.Height + 22, columns = Math.Min(_columns, _images.Length);
        string[] title = ChartSvg.Wrap(Caption, Math.Max(20, columns * pitch / 7));
        int top = 6 + (16 * title.Length), height = top + 6 + (rowHeight * ((_images.Length + _columns - 1) / _columns));
        var svg = new StringBuilder(ChartSvg.Open(Math.Max(columns * pitch, 150), height)).Append(ChartSvg.TextLines(title, 4, 14));
        for (int i = 0; i < _images.Length; i++)
        {
            double x = ((i % _columns) + 0.5) * pitch;
            int y = top + (i / _columns * rowHeight);
            svg.Append($"<image x=\"{ChartSvg.F(x - (_shown.Width / 2.0))}\" y=\"{y}\" width=\"{_shown.Width}\" height=\"{_shown.Height}\" ")
                .Append($"style=\"image-rendering:pixelated\" href=\"{_images[i]}\"/>")
                .Append($"<text x=\"{ChartSvg.F(x)}\" y=\"{y + _shown.Height + 14}\" text-anchor=\"middle\">{WebUtility.HtmlEncode(_labels[i])}</text>");
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>Encodes an image, bytes in the order channel, row, column, as PNG.</summary>
    internal static byte[] Png(byte[] planes, int channels, int height, int width)
    {
        if (channels is not (1 or 3) || height < 1 || width < 1 || planes.Length != channels * height * width)
        {
            throw new ArgumentException($"Image: found {planes.Length} bytes for {channels} x {height} x {width}, "
                + "expected 1 or 3 channels and their product.");
        }

        byte[] pixels = [.. Enumerable.Range(0, planes.Length).Select(i => planes[((i % channels) * height * width) + (i / channels)])];
        using var png = new MemoryStream();
        new ImageWriter().WritePng(pixels, width, height, channels == 3 ? ColorComponents.RedGreenBlue : ColorComponents.Grey, png);
        return png.ToArray();
    }
}
