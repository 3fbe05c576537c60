using System.Text.RegularExpressions;

namespace ApproxNets.Circuits.Import;

/// <summary>The files that an import of files and folders takes, and those it leaves out with the reason.</summary>
/// <param name="Taken">The files to read.</param>
/// <param name="LeftOut">Files in folders that are not read, each with the reason.</param>
public sealed partial record ImportFiles(IReadOnlyList<string> Taken, IReadOnlyList<(string Path, string Reason)> LeftOut)
{
    private static readonly string[] Preferred = [".c", ".v", ".sv", ".blif", ".npy", ".csv", ".bin", ".raw"];

    /// <summary>
    /// Lists files. A file that is named is taken as it is. In a folder and those below it, such as a checkout of EvoApproxLib, files of
    /// known extension are taken, but for EvoApproxLib's adders and multipliers of other widths, and but for a second form of the same
    /// circuit beside the first: C before Verilog before BLIF before tables, and mapped <c>_pdk45.v</c> and <c>_gen.v</c> last.
    /// </summary>
    /// <param name="paths">Files and folders.</param>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A folder holds nothing to read.</exception>
    public static ImportFiles Find(IEnumerable<string> paths)
    {
        var taken = new List<string>();
        var leftOut = new List<(string, string)>();
        foreach (string path in paths)
        {
            if (File.Exists(path))
            {
                taken.Add(path);
            }
            else if (Directory.Exists(path))
            {
                int before = taken.Count;
                Folder(path, taken, leftOut);
                if (taken.Count == before)
                {
                    throw new InvalidDataException(
                        $"{path}: found no file to read, expected at least one of {string.Join(", ", Preferred)}.");
                }
            }
            else
            {
                throw new FileNotFoundException($"{path}: found no such file or folder.", path);
            }
        }

        return new ImportFiles([.. taken.Distinct()], leftOut);
    }

    private static void Folder(string folder, List<string> taken, List<(string, string)> leftOut)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 16 };
        var known = Directory.EnumerateFiles(folder, "*", options).Where(MultiplierImport.IsKnown).Order(StringComparer.Ordinal);
        foreach (IGrouping<string, string> forms in known.GroupBy(Stem, StringComparer.Ordinal))
        {
            string name = Path.GetFileName(forms.Key);
            if (forms.All(IsCostFile))
            {
                leftOut.AddRange(forms.Select(path => (path, "a library's cost file; a library is used where it is")));
                continue;
            }

            if (OtherCircuit().IsMatch(name))
            {
                leftOut.AddRange(forms.Select(path => (path, "an adder, or operands of another width than 8 bits")));
                continue;
            }

            string[] ordered = [.. forms.OrderBy(Rank)];
            taken.Add(ordered[0]);
            leftOut.AddRange(ordered.Skip(1).Select(path => (path, $"another form of {Path.GetFileName(ordered[0])}")));
        }
    }

    private static bool IsCostFile(string path) =>
        Path.GetExtension(path) == ".csv" && File.ReadLines(path).FirstOrDefault()?.StartsWith("name,", StringComparison.Ordinal) == true;

    private static int Rank(string path) =>
        Array.IndexOf(Preferred, Path.GetExtension(path).ToLowerInvariant()) + (Mapped().IsMatch(path) ? Preferred.Length : 0);

    /// <summary>The path without extension and without what EvoApproxLib appends to mapped circuits.</summary>
    private static string Stem(string path) =>
        Mapped().Replace(Path.Combine(Path.GetDirectoryName(path) ?? "", Path.GetFileNameWithoutExtension(path)), "");

    [GeneratedRegex(@"_(pdk45|gen)(?=$|\.[a-z]+$)")]
    private static partial Regex Mapped();

    [GeneratedRegex(@"^(add[0-9]|mul(?!8[su]?_)[0-9])")]
    private static partial Regex OtherCircuit();
}
