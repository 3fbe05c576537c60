using System.Text;

namespace ApproxNets.Circuits.Import;

/// <summary>A token of a source file and the line it is in.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    internal bool Is(string text) => Kind is TokenKind.Symbol or TokenKind.Word && Text == text;
}

/// <summary>What a <see cref="Token"/> is.</summary>
internal enum TokenKind
{
    /// <summary>The end of the file; its text is "end of file".</summary>
    End,

    /// <summary>An identifier or keyword.</summary>
    Word,

    /// <summary>A number, with its base and suffix.</summary>
    Number,

    /// <summary>An operator or a bracket.</summary>
    Symbol,
}

/// <summary>
/// The tokens of a C or Verilog file, one after the other, and errors that name file and line. Comments are skipped; so are lines that
/// begin with <c>#include</c>, a Verilog directive <c>`timescale</c> and attributes <c>(* *)</c>.
/// </summary>
internal sealed class SourceText
{
    /// <summary>Greatest size of a circuit's file; a few hundred gates take 10 to 100 KB.</summary>
    internal const int MaxBytes = 4 << 20;

    /// <summary>Expressions and modules may be nested so deep.</summary>
    internal const int MaxDepth = 256;

    private static readonly string[] Symbols =
    [
        "<<=", ">>=", "<<", ">>", "&&", "||", "==", "!=", "<=", ">=", "|=", "&=", "^=", "+=", "-=", "~^", "^~", "~&", "~|", "++", "--",
    ];

    private readonly string _text;
    private readonly bool _verilog;
    private int _position;
    private int _line = 1;

    internal SourceText(string path, string text, bool verilog)
    {
        Path = path;
        _text = text;
        _verilog = verilog;
        Current = Scan();
    }

    internal string Path { get; }

    /// <summary>The token to be read next.</summary>
    internal Token Current { get; private set; }

    /// <summary>Reads a text file of at most <see cref="MaxBytes"/>.</summary>
    internal static string ReadFile(string path)
    {
        long bytes = new FileInfo(path).Length;
        if (bytes > MaxBytes)
        {
            throw new InvalidDataException($"{path}: found a file of {bytes} bytes, expected at most {MaxBytes}.");
        }

        return File.ReadAllText(path, Encoding.UTF8);
    }

    internal Token Next()
    {
        Token token = Current;
        Current = Scan();
        return token;
    }

    /// <summary>Goes on if the current token is the given one.</summary>
    internal bool Accept(string text)
    {
        bool found = Current.Is(text);
        if (found)
        {
            Next();
        }

        return found;
    }

    internal Token Expect(string text) => Current.Is(text) ? Next() : throw Wrong(Current, $"'{text}'");

    internal string Name(string what) => Current.Kind == TokenKind.Word ? Next().Text : throw Wrong(Current, what);

    internal InvalidDataException Wrong(Token token, string expected) =>
        Error(token.Line, token.Kind == TokenKind.End ? "the end of the file" : $"'{Shortened(token.Text)}'", expected);

    internal InvalidDataException Error(int line, string found, string expected) => Error(Path, line, found, expected);

    internal static InvalidDataException Error(string path, int line, string found, string expected) =>
        new($"{path}, line {line}: found {found}, expected {expected}.");

    internal static string Shortened(string text) => text.Length <= 60 ? text : text[..60] + "...";

    private Token Scan()
    {
        SkipBlanks();
        if (_position == _text.Length)
        {
            return new Token(TokenKind.End, "end of file", _line);
        }

        int start = _position;
        char first = _text[start];
        if (_verilog && first == '\\')
        {
            while (_position < _text.Length && !char.IsWhiteSpace(_text[_position]))
            {
                _position++;
            }

            return new Token(TokenKind.Word, _text[(start + 1).._position], _line);
        }

        if (char.IsAsciiLetter(first) || first is '_' or '$')
        {
            return new Token(TokenKind.Word, Run(), _line);
        }

        if (char.IsAsciiDigit(first) || (_verilog && first == '\''))
        {
            string number = Run();
            if (_verilog && _position < _text.Length && _text[_position] == '\'')
            {
                _position++;
                number += "'" + Run();
            }

            return new Token(TokenKind.Number, number, _line);
        }

        string symbol = Symbols.FirstOrDefault(s => string.CompareOrdinal(_text, start, s, 0, s.Length) == 0) ?? first.ToString();
        _position += symbol.Length;
        return new Token(TokenKind.Symbol, symbol, _line);
    }

    private string Run()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '_' or '$'))
        {
            _position++;
        }

        return _text[start.._position];
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            char c = _text[_position];
            if (c == '\n')
            {
                _line++;
                _position++;
            }
            else if (char.IsWhiteSpace(c))
            {
                _position++;
            }
            else if (At("//") || (!_verilog && At("#include")) || (_verilog && At("`timescale")))
            {
                int end = _text.IndexOf('\n', _position);
                _position = end < 0 ? _text.Length : end;
            }
            else if (At("/*"))
            {
                SkipTo("*/", "a comment");
            }
            else if (_verilog && At("(*") && !At("(*)"))
            {
                SkipTo("*)", "an attribute");
            }
            else
            {
                return;
            }
        }
    }

    private bool At(string text) => string.CompareOrdinal(_text, _position, text, 0, text.Length) == 0;

    private void SkipTo(string end, string what)
    {
        int found = _text.IndexOf(end, _position + 2, StringComparison.Ordinal);
        if (found < 0)
        {
            throw Error(_line, $"{what} without an end", $"'{end}'");
        }

        _line += _text.AsSpan(_position, found - _position).Count('\n');
        _position = found + end.Length;
    }
}
