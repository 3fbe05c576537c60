using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Running;

/// <summary>The notebooks of a run, read and checked against the parameters before anything runs.</summary>
/// <param name="Notebooks">The notebooks, in order.</param>
/// <param name="Profile">The profile asked for.</param>
/// <param name="Parameters">Parameters by name, as texts; holds the profile too.</param>
internal sealed record RunPlan(IReadOnlyList<NotebookDocument> Notebooks, string Profile, IReadOnlyDictionary<string, string> Parameters)
{
    private const string ProfileParameter = "profile";

    public static RunPlan Make(IReadOnlyList<string> paths, string profile, IReadOnlyList<string> parameters)
        => Make([.. paths.Select(NotebookDocument.Load)], profile, parameters);

    public static RunPlan Make(IReadOnlyList<NotebookDocument> notebooks, string profile, IReadOnlyList<string> parameters)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string parameter in parameters)
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            string name = equals > 0 ? parameter[..equals].Trim()
                : throw new UsageException($"found -p '{parameter}', expected NAME=VALUE.");
            if (name == ProfileParameter)
            {
                throw new UsageException("the profile is set with --profile, not with -p.");
            }

            if (!given.TryAdd(name, parameter[(equals + 1)..]))
            {
                throw new UsageException($"parameter '{name}' is set twice.");
            }
        }

        Check(notebooks, given);
        given[ProfileParameter] = profile;
        return new RunPlan(notebooks, profile, given);
    }

    private static void Check(IReadOnlyList<NotebookDocument> notebooks, Dictionary<string, string> given)
    {
        var declared = notebooks.SelectMany(
            notebook => ParameterDeclarations.Find(notebook).Select(parameter => (notebook, parameter.Name, parameter.Type))).ToList();
        foreach (var (name, text) in given)
        {
            if (!declared.Exists(parameter => parameter.Name == name))
            {
                var names = declared.Select(parameter => parameter.Name).Where(n => n != ProfileParameter).Distinct()
                    .Order(StringComparer.Ordinal).ToList();
                throw new UsageException($"found -p {name}, which no notebook of this run declares; "
                    + (names.Count > 0 ? $"declared are: {string.Join(", ", names)}." : "they declare none."));
            }

            foreach (var parameter in declared.Where(parameter => parameter.Name == name && parameter.Type is not null))
            {
                try
                {
                    ParameterValue.ToLiteral(name, text, parameter.Type!);
                }
                catch (FormatException e)
                {
                    throw new UsageException($"{parameter.notebook.FileName}: {e.Message}");
                }
            }
        }
    }
}
