using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>One layer at one operating point.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="OperatingPoint">Index of the operating point.</param>
/// <param name="Cluster">Cluster of the point.</param>
/// <param name="Centroid">The multiplier of the cluster's centroid.</param>
/// <param name="Multiplier">The multiplier the point uses.</param>
/// <param name="Ratio">Predicted error of <paramref name="Multiplier"/> divided by the tolerance; above 1 is a violation.</param>
public sealed record SubsetPoint(int Layer, int OperatingPoint, int Cluster, Multiplier Centroid, Multiplier Multiplier, double Ratio);
