using System.Text.Json;
using System.Text.Json.Serialization;
using ApproxNets.Foundation;

namespace ApproxNets.Circuits.Evolution;

/// <summary>The state of a run, which is all that its continuation needs, as a JSON file.</summary>
/// <param name="Settings">The fingerprint of the options.</param>
/// <param name="Evaluations">Circuits tried.</param>
/// <param name="Random">State of the generator.</param>
/// <param name="Genes">Four numbers of each cell of the best genome, then its outputs.</param>
/// <param name="Sha256">Hash of all of it; null in files of earlier versions.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record EvolutionCheckpoint(string Settings, long Evaluations, ulong Random, int[] Genes, string? Sha256 = null)
{
    internal static EvolutionCheckpoint Of(CircuitEvolutionOptions options, long evaluations, SplitMix64 random, CellGenome genome)
    {
        var state = new EvolutionCheckpoint(
            options.Fingerprint, evaluations, random.State,
            [.. genome.Cells.SelectMany(cell => new[] { (int)cell.Kind, cell.X, cell.Y, cell.Z }), .. genome.Outputs]);
        return state with { Sha256 = state.Hash() };
    }

    /// <summary>Reads a checkpoint of a run with these options, and its genome into one of the same shape.</summary>
    /// <exception cref="InvalidDataException">The file is not a checkpoint, or one of other settings.</exception>
    internal static EvolutionCheckpoint Read(string path, CircuitEvolutionOptions options, CellGenome genome)
    {
        EvolutionCheckpoint? read;
        try
        {
            read = JsonSerializer.Deserialize<EvolutionCheckpoint>(File.ReadAllBytes(path));
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: found no checkpoint of an evolution: {e.Message}", e);
        }

        if (read?.Settings != options.Fingerprint)
        {
            throw new InvalidDataException($"{path}: found a checkpoint of a run with the settings '{read?.Settings}', "
                + $"expected '{options.Fingerprint}'; another run needs another file.");
        }

        if (read.Sha256 is { } sum && read.Hash() is var content && content != sum)
        {
            throw new InvalidDataException($"{path}: found a state of the SHA-256 {content}, expected {sum}: the file is damaged.");
        }

        int[]? genes = read.Genes;
        int cells = genome.Cells.Length;
        if (genes?.Length != (4 * cells) + genome.Outputs.Length || read.Evaluations < 0)
        {
            throw new InvalidDataException($"{path}: found {genes?.Length} genes, expected {(4 * cells) + genome.Outputs.Length}.");
        }

        for (int i = 0; i < cells; i++)
        {
            int limit = CellGenome.FirstCell + (2 * i);
            var cell = new Cell((CellKind)genes[4 * i], genes[(4 * i) + 1], genes[(4 * i) + 2], genes[(4 * i) + 3]);
            if (!Enum.IsDefined(cell.Kind) || Outside(cell.X, limit) || Outside(cell.Y, limit) || Outside(cell.Z, limit))
            {
                throw new InvalidDataException($"{path}: found {cell} as cell {i}, expected a known kind and signals below {limit}.");
            }

            genome.Cells[i] = cell;
        }

        for (int i = 0; i < genome.Outputs.Length; i++)
        {
            genome.Outputs[i] = !Outside(genes[(4 * cells) + i], genome.SignalCount)
                ? genes[(4 * cells) + i]
                : throw new InvalidDataException($"{path}: found output {i} at signal {genes[(4 * cells) + i]}, "
                    + $"expected one below {genome.SignalCount}.");
        }

        genome.FindActive();
        return read;

        static bool Outside(int signal, int limit) => signal < 0 || signal >= limit;
    }

    /// <summary>Writes the file as a whole: a new one beside it is renamed.</summary>
    internal void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        AtomicFile.Write(path, file => JsonSerializer.Serialize(file, this));
    }

    private string Hash() => Fingerprint.Sha256Of(
        FormattableString.Invariant($"{Settings}\n{Evaluations}\n{Random}\n{string.Join(' ', Genes ?? [])}"));
}
