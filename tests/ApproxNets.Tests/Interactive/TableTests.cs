using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive;

public sealed class TableTests
{
    [Fact]
    public void Numbers_stand_right_and_text_is_escaped()
    {
        var table = Table.Of([("a<b", 0.123456, 10), ("c", 2.5, 200)], ("name", row => row.Item1, ""), ("power", row => row.Item2, ""),
            ("n", row => row.Item3, "D4"));

        Assert.Equal("name   power     n\n----  ------  ----\na<b   0.1235  0010\nc        2.5  0200", table.ToString());
        Assert.Contains("<td style=\"text-align:left\">a&lt;b</td>"
            + "<td style=\"text-align:right;white-space:nowrap\">0.1235</td>", table.ToHtml(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_values_may_have_gaps()
    {
        Assert.Equal("a  ok\n-  ---\n1  yes\n   no", Table.Show(["a", "ok"], [[1, true], [null, false]]).ToString());
        Assert.Equal("12,501,632", Table.Show(["n"], [[9999], [12_501_632L]]).ToString().Split('\n')[^1]);
        Assert.Contains("row 2: found 1 values", Assert.Throws<ArgumentException>(() => Table.Show(["a", "b"], [[1, 2], [1]])).Message,
            StringComparison.Ordinal);
    }
}
