using ApproxNets.Cli;
using ApproxNets.Cli.Notebooks;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class NotebookDocumentTests
{
    [Theory]
    [InlineData("", "no valid JSON at line 1")]
    [InlineData("[]", "no notebook of nbformat 4")]
    [InlineData("""{"nbformat": "4", "cells": []}""", "no notebook of nbformat 4")]
    [InlineData("""{"nbformat": 4.5, "cells": []}""", "no notebook of nbformat 4")]
    [InlineData("""{"nbformat": 3, "cells": []}""", "no notebook of nbformat 4")]
    [InlineData("""{"nbformat": 4, "cells": {}}""", "no notebook of nbformat 4")]
    [InlineData("""{"nbformat": 4, "cells": [], "metadata": []}""", "\"metadata\" that is no object")]
    [InlineData("""{"nbformat": 4, "cells": [], "nbformat_minor": "5"}""", "\"nbformat_minor\" that is no whole number")]
    [InlineData("""{"nbformat": 4, "nbformat": 4, "cells": []}""", "Duplicate")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1", "source": "2"}]}""", "Duplicate")]
    [InlineData("""{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "python"}}}""", "a notebook in 'python'")]
    [InlineData("""{"nbformat": 4, "cells": [null]}""", "cell 1 has no cell_type or no source")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": 1, "source": ""}]}""", "cell 1 has no cell_type or no source")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": 5}]}""", "cell 1 has a source that is neither a text nor lines")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["a", 5]}]}""", "cell 1 has a source that is neither a text nor lines")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": {}}]}""", "cell 1 has a source that is neither a text nor lines")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "id": 7}]}""", "cell 1 has an id that is no text")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": []}]}""", "cell 1 has metadata that are no object")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": {"tags": "x"}}]}""", "cell 1 has tags that are no list")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "metadata": {"tags": [1]}}]}""", "cell 1 has tags that are no list")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\ud800"}]}""", "no valid JSON")]
    [InlineData("""{"nbformat": 4, "cells": [], "metadata": {"\udfff": 1}}""", "no valid JSON")]
    public void What_is_no_notebook_is_named_before_anything_runs(string json, string message)
    {
        var error = Assert.Throws<UsageException>(() => NotebookDocument.Parse("a.ipynb", json));

        Assert.StartsWith("a.ipynb: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Json_that_is_nested_too_deeply_is_named() => Assert.Throws<UsageException>(
        () => NotebookDocument.Parse("a.ipynb", string.Concat(Enumerable.Repeat("[", 100_000))));

    [Theory]
    [InlineData("""{"nbformat": 4, "cells": []}""")]
    [InlineData("""{"nbformat": 4, "cells": [], "metadata": {"kernelspec": [], "language_info": {"name": 3}}}""")]
    [InlineData("""{"nbformat": 4, "nbformat_minor": 2, "other": 1, "cells": [{"cell_type": "raw", "source": "a\nb"}, {"cell_type": "code", "id": "x", "source": ["1\n", "2"], "metadata": {"cells": []}}, {"cell_type": "code", "id": "x", "source": "", "outputs": []}]}""")]
    public void A_notebook_is_written_as_the_serializer_of_the_whole_writes_it(string json)
    {
        var document = NotebookDocument.Parse("a.ipynb", json);
        string written = document.ToJson(new() { ["status"] = "ok" });

        Assert.Equal(System.Text.Json.Nodes.JsonNode.Parse(written)!.ToJsonString(NotebookDocument.Format) + "\n", written);
        Assert.Equal(document.Cells.Count, NotebookDocument.Parse("a.ipynb", written).Cells.Count);
        document.Cells.ForEach(cell => cell.Json["metadata"] = new System.Text.Json.Nodes.JsonObject { ["tags"] = new System.Text.Json.Nodes.JsonArray("new") });
        document.Cells.ForEach(cell => cell.Changed());
        Assert.Equal(document.Cells.Count, document.ToJson().Split("\"new\"").Length - 1);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named() =>
        Assert.Contains("it cannot be read", Assert.Throws<UsageException>(() => NotebookDocument.Load(Path.GetTempPath())).Message, StringComparison.Ordinal);
}
