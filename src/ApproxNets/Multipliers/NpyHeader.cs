using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace ApproxNets.Multipliers;

/// <summary>The header of a NumPy file (format 1.0 to 3.0): a Python dictionary of exactly descr, fortran_order and shape.</summary>
internal readonly record struct NpyHeader(string Descr, bool FortranOrder, string Shape, long DataOffset)
{
    /// <summary>NumPy's own bound on a header it trusts; a 256 x 256 integer array needs 118 bytes.</summary>
    internal const int GreatestLength = 10_000;

    /// <summary>Reads magic, version and dictionary; the stream then stands at the first byte of data.</summary>
    internal static NpyHeader Read(Stream stream, string path)
    {
        Span<byte> start = stackalloc byte[12];
        Fill(stream, start[..8], path, 0, "the 8 bytes of magic and version");
        if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
        {
            throw Malformed(path, 0, $"bytes {Convert.ToHexString(start[..6])}", "the NumPy magic 934E554D5059");
        }

        int major = start[6];
        if (major is < 1 or > 3 || start[7] != 0)
        {
            throw Malformed(path, 6, $"format {start[6]}.{start[7]}", "1.0, 2.0 or 3.0");
        }

        int lengthBytes = major == 1 ? 2 : 4;
        Fill(stream, start.Slice(8, lengthBytes), path, 8, $"{lengthBytes} bytes of header length");
        uint length = lengthBytes == 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > GreatestLength)
        {
            throw Malformed(path, 8, $"a header of {length} bytes", $"at most {GreatestLength}");
        }

        var bytes = new byte[length];
        Fill(stream, bytes, path, 8 + lengthBytes, $"{length} bytes of header");
        return new Parser(Encoding.Latin1.GetString(bytes), path, 8 + lengthBytes).Parse();
    }

    internal static InvalidDataException Malformed(string path, long offset, string found, string expected) =>
        new($"{path}: at byte {offset} found {found}, expected {expected}.");

    /// <summary>Fills the buffer or says how many bytes were there.</summary>
    internal static void Fill(Stream stream, Span<byte> buffer, string path, long offset, string expected)
    {
        int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (read < buffer.Length)
        {
            throw Malformed(path, offset + read, "the end of the file", $"{expected} ({buffer.Length - read} more)");
        }
    }

    private sealed class Parser(string text, string path, int offset)
    {
        private int _at;

        internal NpyHeader Parse()
        {
            string? descr = null, shape = null;
            bool? fortran = null;
            Expect('{');
            while (Peek() != '}')
            {
                int start = _at;
                string key = Quoted();
                Expect(':');
                switch (key)
                {
                    case "descr" when descr is null:
                        descr = Quoted();
                        break;
                    case "fortran_order" when fortran is null:
                        string word = Run(char.IsLetter);
                        fortran = word is "True" or "False" ? word == "True" : throw Wrong(word, "True or False");
                        break;
                    case "shape" when shape is null:
                        shape = Tuple();
                        break;
                    default:
                        _at = start;
                        throw Wrong($"the key '{key}'", "descr, fortran_order and shape, once each");
                }

                if (Peek() != '}')
                {
                    Expect(',');
                }
            }

            Expect('}');
            if (descr is null || fortran is null || shape is null)
            {
                throw Wrong("the end of the header", "descr, fortran_order and shape, once each");
            }

            return text[_at..].Trim(' ', '\n').Length == 0
                ? new NpyHeader(descr, fortran.Value, shape, offset + text.Length)
                : throw Wrong("text after the dictionary", "spaces and a line feed");
        }

        private char Peek()
        {
            while (_at < text.Length && text[_at] == ' ')
            {
                _at++;
            }

            return _at < text.Length ? text[_at] : '\0';
        }

        private void Expect(char expected)
        {
            char found = Peek();
            if (found != expected)
            {
                throw Wrong(found == '\0' ? "the end of the header" : $"'{found}'", $"'{expected}'");
            }

            _at++;
        }

        private string Quoted()
        {
            char quote = Peek();
            if (quote is not ('\'' or '"'))
            {
                throw Wrong(quote == '\0' ? "the end of the header" : $"'{quote}'", "a quoted string (a plain integer type has no fields)");
            }

            _at++;
            string value = Run(c => c != quote);
            Expect(quote);
            return value;
        }

        private string Tuple()
        {
            var items = new List<string>();
            Expect('(');
            while (Peek() != ')')
            {
                string digits = Run(char.IsAsciiDigit);
                items.Add(long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long item)
                    ? item.ToString(CultureInfo.InvariantCulture)
                    : throw Wrong($"'{Peek()}'", "a shape of integers"));
                if (Peek() != ')')
                {
                    Expect(',');
                }
            }

            Expect(')');
            return $"({string.Join(", ", items)})";
        }

        private string Run(Func<char, bool> belongs)
        {
            Peek();
            int start = _at;
            while (_at < text.Length && belongs(text[_at]))
            {
                _at++;
            }

            return text[start.._at];
        }

        private InvalidDataException Wrong(string found, string expected) => Malformed(path, offset + _at, found, expected);
    }
}
