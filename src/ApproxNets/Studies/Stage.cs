namespace ApproxNets.Studies;

/// <summary>A finished stage.</summary>
/// <typeparam name="T">Type of the result.</typeparam>
/// <param name="Result">What the stage gave.</param>
/// <param name="Key">Name and hash of all settings, also of the stages before.</param>
/// <param name="File">The checkpoint.</param>
/// <param name="Loaded">True if the checkpoint existed already.</param>
public sealed record Stage<T>(T Result, string Key, string File, bool Loaded);
