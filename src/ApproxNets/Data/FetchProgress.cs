namespace ApproxNets.Data;

/// <summary>Where a download stands.</summary>
/// <param name="Bytes">Bytes on disk, those of earlier attempts included.</param>
/// <param name="Total">Bytes in all; null when the server does not say.</param>
/// <param name="BytesPerSecond">Mean rate of this attempt.</param>
public sealed record FetchProgress(long Bytes, long? Total, double BytesPerSecond);
