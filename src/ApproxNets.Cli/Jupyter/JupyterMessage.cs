using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;

namespace ApproxNets.Cli.Jupyter;

/// <summary>A message of Jupyter's protocol 5.3.</summary>
/// <param name="Identities">Whom a router socket got it from, or sends it to; the topic when published.</param>
/// <param name="Type">Its type, such as <c>execute_request</c>.</param>
/// <param name="Header">Its header as JSON.</param>
/// <param name="Parent">Header of the message that it answers, as JSON; an empty object if there is none.</param>
/// <param name="Content">What it says.</param>
internal sealed record JupyterMessage(IReadOnlyList<byte[]> Identities, string Type, byte[] Header, byte[] Parent, JsonObject Content)
{
    public const string ProtocolVersion = "5.3";

    private static readonly string Session = Guid.NewGuid().ToString("N");

    /// <summary>A message of the kernel's own.</summary>
    public static JupyterMessage Create(string type, JsonObject content, JupyterMessage? parent, IReadOnlyList<byte[]> identities)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString("N"),
            ["session"] = Session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("O"),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        return new(identities, type, JsonSerializer.SerializeToUtf8Bytes(header), parent?.Header ?? "{}"u8.ToArray(), content);
    }

    /// <summary>An answer to whoever sent this.</summary>
    public JupyterMessage Reply(string type, JsonObject content) => Create(type, content, this, Identities);
}

/// <summary>
/// Messages as frames: identities, a delimiter, the signature, header, parent, metadata, content. The signature is HMAC-SHA256 over the
/// last four. An empty key signs nothing and checks nothing.
/// </summary>
internal sealed class JupyterWire(string key)
{
    private const int Remembered = 65_536;
    private const string Delimiter = "<IDS|MSG>";

    // Text as it is: escapes of every letter that is not ASCII would make it several times as long.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly HashSet<string> _seen = [];
    private readonly Queue<string> _order = new();

    /// <summary>Makes the frames of a message. Safe from any thread.</summary>
    public NetMQMessage Pack(JupyterMessage message)
    {
        byte[][] parts = [message.Header, message.Parent, "{}"u8.ToArray(), JsonSerializer.SerializeToUtf8Bytes(message.Content, Json)];
        return new NetMQMessage([.. message.Identities.Select(identity => new NetMQFrame(identity)), new NetMQFrame(Delimiter),
            new NetMQFrame(Sign(parts)), .. parts.Select(part => new NetMQFrame(part))]);
    }

    /// <summary>Reads the frames of a message, from one thread only.</summary>
    /// <exception cref="FormatException">The frames are no message, the signature is wrong, or the message was received before.</exception>
    public JupyterMessage Unpack(NetMQMessage frames)
    {
        byte[][] all = [.. frames.Select(frame => frame.ToByteArray())];
        int at = Array.FindIndex(all, frame => frame.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(Delimiter)));
        if (at < 0 || all.Length < at + 6)
        {
            throw new FormatException($"found {all.Length} frames, expected identities, {Delimiter}, a signature and four parts.");
        }

        byte[][] parts = all[(at + 2)..(at + 6)];
        if (_key.Length > 0)
        {
            string signature = Sign(parts);
            if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(signature), all[at + 1]))
            {
                throw new FormatException("the signature is not that of this kernel's key.");
            }

            if (!_seen.Add(signature))
            {
                throw new FormatException("it was received before.");
            }

            _order.Enqueue(signature);
            if (_order.Count > Remembered)
            {
                _seen.Remove(_order.Dequeue());
            }
        }

        try
        {
            string type = (string?)JsonNode.Parse(parts[0])?["msg_type"] ?? throw new FormatException("found no msg_type in the header.");
            var content = JsonNode.Parse(parts[3]) as JsonObject ?? throw new FormatException("the content is no JSON object.");
            _ = content.Count; // a name that comes twice is found only here
            return new(all[..at], type, parts[0], parts[1], content);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"a part is not the JSON expected: {e.Message}", e);
        }
    }

    private string Sign(byte[][] parts)
    {
        if (_key.Length == 0)
        {
            return "";
        }

        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (byte[] part in parts)
        {
            hash.AppendData(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
