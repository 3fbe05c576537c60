using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ApproxNets.Experiments;

/// <summary>Writes numbers with twelve significant digits: no result is known better, and 83.32 does not become 83.32000000000001.</summary>
internal sealed class TwelveDigits : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(double.Parse(value.ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
}
