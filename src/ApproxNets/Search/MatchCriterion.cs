using ApproxNets.ErrorModels;

namespace ApproxNets.Search;

/// <summary>Which size of a predicted error is held against the tolerance.</summary>
public enum MatchCriterion
{
    /// <summary>The standard deviation, as in the paper: right where batch normalisation, its statistics taken anew, or retraining absorbs
    /// the mean error.</summary>
    StandardDeviation,

    /// <summary><see cref="ErrorEstimate.RootMeanSquare"/>, <c>sqrt(mean^2 + std^2)</c>: for a network that is used as it is, where
    /// nothing absorbs the mean error of a biased multiplier.</summary>
    RootMeanSquare,
}
