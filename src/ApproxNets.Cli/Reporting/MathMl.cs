using System.Net;
using System.Text;

namespace ApproxNets.Cli.Reporting;

/// <summary>
/// Translates LaTeX formulas to MathML, which browsers draw themselves: the report needs no script and no network. Covers what the
/// notebooks use; a command it does not know is shown as it was written.
/// </summary>
internal sealed class MathMl
{
    // As a delimiter of absolute values: browsers would set it apart like a relation.
    private const string Bar = "<mo stretchy=\"false\" lspace=\"0.05em\" rspace=\"0.05em\">|</mo>";
    private readonly string _tex;
    private int _at;

    private MathMl(string tex)
    {
        _tex = tex;
    }

    public static string Convert(string tex, bool display)
    {
        tex = tex.Trim();
        string encoded = WebUtility.HtmlEncode(tex);
        try
        {
            var parser = new MathMl(tex);
            string body = parser.Row(_ => false);
            if (!parser.AtEnd)
            {
                throw new FormatException($"found '}}' at {parser._at}, expected '{{' before it.");
            }

            return $"<math{(display ? " display=\"block\""
                : "")}><semantics>{body}<annotation encoding=\"application/x-tex\">{encoded}</annotation></semantics></math>";
        }
        catch (FormatException e)
        {
            // Half a formula would mislead: show the source, and why.
            return $"<code class=\"math-error\" title=\"{WebUtility.HtmlEncode(e.Message)}\">{encoded}</code>";
        }
    }

    private bool AtEnd
    {
        get
        {
            while (_at < _tex.Length && char.IsWhiteSpace(_tex[_at]))
            {
                _at++;
            }

            return _at >= _tex.Length;
        }
    }

    /// <summary>Reads atoms with their scripts up to where <paramref name="stop"/> says or a closing brace.</summary>
    private string Row(Func<string, bool> stop)
    {
        var row = new StringBuilder("<mrow>");
        while (!AtEnd)
        {
            string token = Peek();
            if (stop(token) || token == "}")
            {
                break;
            }

            row.Append(Scripted());
        }

        return row.Append("</mrow>").ToString();
    }

    private string Scripted()
    {
        bool limits = IsLimits(Peek());
        string atom = Peek() is "^" or "_" ? "<mrow></mrow>" : Atom();
        string? below = null, above = null, primes = null;
        while (!AtEnd)
        {
            string token = Peek();
            if (token == "\\limits" || token == "\\nolimits")
            {
                Next();
                limits = token == "\\limits";
            }
            else if (token == "_" && below is null)
            {
                Next();
                below = Argument();
            }
            else if (token == "^" && above is null)
            {
                Next();
                above = Argument();
            }
            else if (token == "'")
            {
                Next();
                primes += "′";
            }
            else
            {
                break;
            }
        }

        if (primes is not null)
        {
            string prime = $"<mo>{primes}</mo>";
            above = above is null ? prime : $"<mrow>{prime}{above}</mrow>";
        }

        return (below, above, limits) switch
        {
            (null, null, _) => atom,
            (not null, null, true) => $"<munder>{atom}{below}</munder>",
            (null, not null, true) => $"<mover>{atom}{above}</mover>",
            (not null, not null, true) => $"<munderover>{atom}{below}{above}</munderover>",
            (not null, null, false) => $"<msub>{atom}{below}</msub>",
            (null, not null, false) => $"<msup>{atom}{above}</msup>",
            _ => $"<msubsup>{atom}{below}{above}</msubsup>",
        };
    }

    private string Atom()
    {
        string token = Next();
        if (token == "{")
        {
            string row = Row(_ => false);
            Expect("}");
            return row;
        }

        if (token[0] == '\\')
        {
            return Command(token[1..]);
        }

        if (char.IsAsciiDigit(token[0]))
        {
            return $"<mn>{token}</mn>";
        }

        return token switch
        {
            "}" or "&" => throw new FormatException($"found '{token}' at {_at}, expected it inside a group or an environment."),
            "-" => "<mo>−</mo>",
            "*" => "<mo>∗</mo>",
            "~" => "<mspace width=\"0.3333em\"/>",
            "|" => Bar,
            "(" or ")" or "[" or "]" or "/" => $"<mo stretchy=\"false\">{token}</mo>",
            _ when char.IsLetter(token[0]) => $"<mi>{token}</mi>",
            _ => $"<mo>{WebUtility.HtmlEncode(token)}</mo>",
        };
    }

    private string Command(string name)
    {
        if (MathSymbols.Letters.TryGetValue(name, out string? symbol))
        {
            // Capital Greek letters and signs stand upright.
            return char.IsUpper(symbol[0]) || !char.IsLetter(symbol[0]) ? $"<mi mathvariant=\"normal\">{symbol}</mi>"
                : $"<mi>{symbol}</mi>";
        }

        if (MathSymbols.Operators.TryGetValue(name, out symbol) || MathSymbols.Large.TryGetValue(name, out symbol)
            || MathSymbols.Integrals.TryGetValue(name, out symbol))
        {
            return $"<mo>{symbol}</mo>";
        }

        if (MathSymbols.Delimiters.TryGetValue(name, out symbol))
        {
            return symbol == "|" ? Bar : $"<mo stretchy=\"false\">{symbol}</mo>";
        }

        if (MathSymbols.Spaces.TryGetValue(name, out symbol) || (name == " " && (symbol = "0.3333em") is not null))
        {
            return $"<mspace width=\"{symbol}\"/>";
        }

        if (MathSymbols.Functions.Contains(name) || MathSymbols.LimitFunctions.Contains(name))
        {
            return Function(name switch
            {
                "argmin" => "arg min",
                "argmax" => "arg max",
                "limsup" => "lim sup",
                "liminf" => "lim inf",
                _ => name
            });
        }

        if (MathSymbols.Accents.TryGetValue(name, out symbol))
        {
            string stretch = name.StartsWith("wide", StringComparison.Ordinal) || name.StartsWith("over", StringComparison.Ordinal) ? "true"
                : "false";
            return $"<mover accent=\"true\">{Argument()}<mo stretchy=\"{stretch}\">{symbol}</mo></mover>";
        }

        if (MathAlphabet.Has(name))
        {
            return $"<mi>{WebUtility.HtmlEncode(MathAlphabet.Map(name, Alphabetic(RawArgument())))}</mi>";
        }

        switch (name)
        {
            case "frac" or "dfrac" or "tfrac":
                return $"<mfrac>{Argument()}{Argument()}</mfrac>";
            case "binom":
                return $"<mrow><mo>(</mo><mfrac linethickness=\"0\">{Argument()}{Argument()}</mfrac><mo>)</mo></mrow>";
            case "sqrt":
                string? degree = !AtEnd && Peek() == "[" ? Optional() : null;
                return degree is null ? $"<msqrt>{Argument()}</msqrt>" : $"<mroot>{Argument()}{degree}</mroot>";
            case "text" or "textrm" or "textit" or "textbf" or "mbox":
                return $"<mtext>{WebUtility.HtmlEncode(RawArgument()).Replace(" ", "&#xA0;", StringComparison.Ordinal)}</mtext>";
            case "mathrm" or "mathit" or "mathsf" or "mathtt":
                string upright = RawArgument().Replace("\\_", "_", StringComparison.Ordinal).Replace("\\,", " ", StringComparison.Ordinal);
                return $"<mi mathvariant=\"normal\">{WebUtility.HtmlEncode(upright)}</mi>";
            case "operatorname":
                if (!AtEnd && Peek() == "*")
                {
                    Next();
                }

                return Function(RawArgument().Replace("\\,", " ", StringComparison.Ordinal));
            case "underline":
                return $"<munder>{Argument()}<mo stretchy=\"true\">_</mo></munder>";
            case "underbrace":
                return $"<munder>{Argument()}<mo stretchy=\"true\">⏟</mo></munder>";
            case "left":
                return Fence();
            case "big" or "Big" or "bigg" or "Bigg" or "bigl" or "bigr" or "Bigl" or "Bigr":
                return $"<mo stretchy=\"true\" minsize=\"1.4em\">{Delimiter()}</mo>";
            case "displaystyle" or "textstyle" or "limits" or "nolimits":
                return "";
            case "begin":
                return Environment();
            case "right" or "end" or "\\":
                throw new FormatException($"found \\{name} at {_at}, expected its beginning before it.");
            default:
                return $"<mtext class=\"math-unknown\">\\{WebUtility.HtmlEncode(name)}</mtext>";
        }
    }

    private string Function(string name)
    {
        // LaTeX leaves a thin space before an argument without parentheses.
        bool space = !AtEnd && Peek() is not ("(" or "[" or "{" or "^" or "_" or "}" or "\\left" or "\\," or "&" or ")" or ",");
        string shown = WebUtility.HtmlEncode(name).Replace(" ", "&#x2009;", StringComparison.Ordinal);
        string function = $"<mi mathvariant=\"normal\">{shown}</mi>";
        return space ? $"<mrow>{function}<mspace width=\"0.1667em\"/></mrow>" : function;
    }

    private string Fence()
    {
        string open = Delimiter();
        string body = Row(token => token == "\\right");
        Expect("\\right");
        return $"<mrow><mo fence=\"true\" stretchy=\"true\">{open}</mo>{body}"
            + $"<mo fence=\"true\" stretchy=\"true\">{Delimiter()}</mo></mrow>";
    }

    private string Environment()
    {
        string name = RawArgument();
        var (open, close, align) = name switch
        {
            "matrix" or "array" => ("", "", "center"),
            "pmatrix" => ("(", ")", "center"),
            "bmatrix" => ("[", "]", "center"),
            "vmatrix" => ("|", "|", "center"),
            "cases" => ("{", "", "left"),
            "aligned" or "align" or "align*" or "split" => ("", "", "aligned"),
            _ => throw new FormatException(
                $"found the environment '{name}', expected matrix, pmatrix, bmatrix, vmatrix, cases or aligned."),
        };
        if (name == "array")
        {
            RawArgument();
        }

        var table = new StringBuilder("<mtable class=\"math-").Append(align).Append("\"><mtr>");
        while (true)
        {
            table.Append("<mtd>").Append(Row(token => token is "&" or "\\\\" or "\\end")).Append("</mtd>");
            string token = AtEnd ? throw new FormatException($"found the formula's end, expected \\end{{{name}}}.") : Next();
            if (token == "\\end")
            {
                RawArgument();
                break;
            }

            table.Append(token == "\\\\" ? "</mtr><mtr>" : "");
        }

        table.Append("</mtr></mtable>");
        return open.Length + close.Length == 0 ? table.ToString()
            : $"<mrow><mo fence=\"true\">{open}</mo>{table}<mo fence=\"true\">{close}</mo></mrow>";
    }

    private string Delimiter()
    {
        string token = AtEnd ? throw new FormatException("found the formula's end, expected a delimiter.") : Next();
        return token == "." ? ""
            : token[0] != '\\' ? WebUtility.HtmlEncode(token)
            : MathSymbols.Delimiters.TryGetValue(token[1..], out string? symbol) ? symbol
            : throw new FormatException($"found '{token}', expected a delimiter.");
    }

    /// <summary>One group, command or character.</summary>
    private string Argument()
    {
        if (AtEnd)
        {
            throw new FormatException("found the formula's end, expected an argument.");
        }

        // \frac12 takes one digit each.
        if (char.IsAsciiDigit(_tex[_at]))
        {
            return $"<mn>{_tex[_at++]}</mn>";
        }

        return Atom();
    }

    private string Optional()
    {
        Expect("[");
        string row = Row(token => token == "]");
        Expect("]");
        return row;
    }

    private string RawArgument()
    {
        if (AtEnd)
        {
            throw new FormatException("found the formula's end, expected an argument.");
        }

        if (_tex[_at] != '{')
        {
            return Next();
        }

        int start = ++_at;
        for (int depth = 1; _at < _tex.Length; _at++)
        {
            depth += _tex[_at] == '{' ? 1 : _tex[_at] == '}' ? -1 : 0;
            if (depth == 0)
            {
                return _tex[start.._at++];
            }
        }

        throw new FormatException($"found '{{' at {start}, expected '}}' after it.");
    }

    private void Expect(string expected)
    {
        string found = AtEnd ? "the formula's end" : Next();
        if (found != expected)
        {
            throw new FormatException($"found {found}, expected '{expected}'.");
        }
    }

    private string Peek()
    {
        int before = _at;
        string token = Next();
        _at = before;
        return token;
    }

    private string Next()
    {
        _ = AtEnd;
        int start = _at++;
        if (_tex[start] == '\\')
        {
            if (_at == _tex.Length)
            {
                throw new FormatException("found the formula's end after '\\', expected a command.");
            }

            if (!char.IsAsciiLetter(_tex[_at++]))
            {
                return _tex[start.._at];
            }

            while (_at < _tex.Length && char.IsAsciiLetter(_tex[_at]))
            {
                _at++;
            }
        }
        else if (char.IsAsciiDigit(_tex[start]))
        {
            while (_at < _tex.Length && (char.IsAsciiDigit(_tex[_at])
                || (_tex[_at] == '.' && _at + 1 < _tex.Length && char.IsAsciiDigit(_tex[_at + 1]))))
            {
                _at++;
            }
        }
        else if (char.IsHighSurrogate(_tex[start]) && _at < _tex.Length)
        {
            _at++;
        }

        return _tex[start.._at];
    }

    private static bool IsLimits(string token) => token[0] == '\\'
        && (MathSymbols.Large.ContainsKey(token[1..]) || MathSymbols.LimitFunctions.Contains(token[1..])
            || token is "\\underbrace" or "\\overbrace" or "\\operatorname");

    private static string Alphabetic(string argument) =>
        argument.Length > 1 && argument[0] == '\\' && MathSymbols.Letters.TryGetValue(argument[1..], out string? letter) ? letter
        : argument;
}
