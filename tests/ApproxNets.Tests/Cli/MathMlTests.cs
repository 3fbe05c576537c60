using System.Xml.Linq;
using ApproxNets.Cli.Reporting;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class MathMlTests
{
    [Theory]
    [InlineData("x", "<mi>x</mi>")]
    [InlineData("12.5", "<mn>12.5</mn>")]
    [InlineData("x_l^2", "<msubsup><mi>x</mi><mi>l</mi><mn>2</mn></msubsup>")]
    [InlineData("x^{2}_{kl}", "<msubsup><mi>x</mi><mrow><mi>k</mi><mi>l</mi></mrow><mrow><mn>2</mn></mrow></msubsup>")]
    [InlineData("x^10", "<msup><mi>x</mi><mn>1</mn></msup><mn>0</mn>")]
    [InlineData("f'", "<msup><mi>f</mi><mo>′</mo></msup>")]
    [InlineData("a - b", "<mi>a</mi><mo>−</mo><mi>b</mi>")]
    [InlineData("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>")]
    [InlineData("\\frac{a}{b}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>")]
    [InlineData("\\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>")]
    [InlineData("\\sqrt{n} \\sqrt[3]{n}",
        "<msqrt><mrow><mi>n</mi></mrow></msqrt><mroot><mrow><mi>n</mi></mrow><mrow><mn>3</mn></mrow></mroot>")]
    [InlineData("\\sum_{k=1}^K", "<munderover><mo>∑</mo><mrow><mi>k</mi><mo>=</mo><mn>1</mn></mrow><mi>K</mi></munderover>")]
    [InlineData("\\sigma \\Sigma", "<mi>σ</mi><mi mathvariant=\"normal\">Σ</mi>")]
    [InlineData("\\cdot\\times\\approx\\le\\ge\\sim", "<mo>⋅</mo><mo>×</mo><mo>≈</mo><mo>≤</mo><mo>≥</mo><mo>∼</mo>")]
    [InlineData("\\text{if } x", "<mtext>if&#xA0;</mtext><mi>x</mi>")]
    [InlineData("\\mathrm{std}(y)",
        "<mi mathvariant=\"normal\">std</mi><mo stretchy=\"false\">(</mo><mi>y</mi><mo stretchy=\"false\">)</mo>")]
    [InlineData("\\tilde{y}", "<mover accent=\"true\"><mrow><mi>y</mi></mrow><mo stretchy=\"false\">~</mo></mover>")]
    [InlineData("\\hat\\sigma_l", "<msub><mover accent=\"true\"><mi>σ</mi><mo stretchy=\"false\">^</mo></mover><mi>l</mi></msub>")]
    [InlineData("\\mathcal{L}\\mathbb{R}\\mathbf{w}", "<mi>ℒ</mi><mi>ℝ</mi><mi>&#119856;</mi>")]
    [InlineData("\\ln x", "<mrow><mi mathvariant=\"normal\">ln</mi><mspace width=\"0.1667em\"/></mrow><mi>x</mi>")]
    [InlineData("\\min_m", "<munder><mi mathvariant=\"normal\">min</mi><mi>m</mi></munder>")]
    [InlineData("\\foo x", "<mtext class=\"math-unknown\">\\foo</mtext><mi>x</mi>")]
    public void A_formula_becomes_mathml(string tex, string expected)
        => Assert.StartsWith($"<math><semantics><mrow>{expected}</mrow><annotation", MathMl.Convert(tex, display: false),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("\\mathcal{L} = \\mathrm{CE} - \\lambda \\sum_l \\frac{c_l}{\\sum_k c_k} \\min\\left(|\\sigma_l|, \\sigma_{\\max}\\right)")]
    [InlineData("y = s_x s_w \\Bigl( \\mathrm{acc} - z_w \\sum_k x_k - z_x \\sum_k w_k + n_l\\, z_x z_w \\Bigr) + b")]
    [InlineData("\\sigma^2 = \\operatorname{avg}(\\mu_k^2 + s_k^2) - \\bar\\mu^2, \\quad K = 512 \\ \\& \\ \\{a, b\\} \\% \\ldots")]
    [InlineData("d(v) = \\begin{cases} v & v \\le 1 \\\\ 1 + \\ln v & \\text{otherwise} \\end{cases}")]
    [InlineData("\\begin{aligned} a &= b + c \\\\ &\\approx \\lfloor x \\rfloor \\end{aligned}")]
    [InlineData("\\left. \\frac{\\partial L}{\\partial \\sigma_l} \\right|_{\\sigma_l = 0} \\in "
        + "\\mathbb{R}^{M \\times K}, \\underbrace{a+b}_{c}, x'_i{}^2, \\log_{2}(1+f)")]
    public void What_notebooks_use_is_well_formed_and_known(string tex)
    {
        string mathml = MathMl.Convert(tex, display: true);

        var root = XElement.Parse(mathml);
        Assert.Equal(("math", "block"), (root.Name.LocalName, root.Attribute("display")?.Value));
        Assert.Equal(tex, root.Descendants("annotation").Single().Value);
        Assert.DoesNotContain("math-unknown", mathml, StringComparison.Ordinal);
        Assert.DoesNotContain(root.Descendants(), element => (element.Name.LocalName, element.Elements().Count()) switch
        {
            ("mfrac" or "msub" or "msup" or "munder" or "mover" or "mroot", not 2) => true,
            ("msubsup" or "munderover", not 3) => true,
            _ => false,
        });
    }

    [Theory]
    [InlineData("\\frac{a}")]
    [InlineData("{a")]
    [InlineData("a}")]
    [InlineData("\\left( a")]
    [InlineData("a_")]
    [InlineData("\\begin{cases} a")]
    [InlineData("\\")]
    public void A_broken_formula_is_shown_as_written(string tex)
        => Assert.Contains($">{System.Net.WebUtility.HtmlEncode(tex)}</code>", MathMl.Convert(tex, display: false),
            StringComparison.Ordinal);
}
