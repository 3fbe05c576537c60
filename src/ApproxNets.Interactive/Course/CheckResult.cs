using System.Net;

namespace ApproxNets.Interactive;

/// <summary>What came of one exercise: a line in the notebook, and for <c>approxnets check</c>.</summary>
/// <param name="Exercise">Lesson and number, such as "03.2".</param>
/// <param name="Points">Points reached.</param>
/// <param name="Possible">Points that a right answer gets.</param>
/// <param name="Message">What agrees, or what differs.</param>
public sealed record CheckResult(string Exercise, int Points, int Possible, string Message)
{
    /// <summary>The result as one line of text.</summary>
    public override string ToString() => $"{Exercise}: {Points} of {Possible} {(Possible == 1 ? "point" : "points")}: {Message}";

    internal string ToHtml() => $"<div class=\"an-check\"><strong>{(Points == Possible ? "✓" : Message == Check.Unanswered ? "○" : "✗")} "
        + $"{WebUtility.HtmlEncode(Exercise)}: {Points} of {Possible} {(Possible == 1 ? "point" : "points")}</strong> {WebUtility.HtmlEncode(Message)}</div>";
}
