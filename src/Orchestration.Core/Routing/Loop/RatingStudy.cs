using System.Globalization;

namespace Orchestration.Core.Routing.Loop;

/// <summary>One who rates routed answers.</summary>
/// <param name="Source">Who.</param>
/// <param name="Ratings">Its ratings.</param>
/// <param name="HeldBack">Why none of them counts; null where they do.</param>
public sealed record RatingSource(string Source, int Ratings, string? HeldBack);

/// <summary>What people's ratings come to for one expert.</summary>
/// <param name="Expert">Its name.</param>
/// <param name="Ratings">Ratings that count.</param>
/// <param name="Sources">By how many.</param>
/// <param name="Figure">0–1: see <see cref="RatingStudy"/>.</param>
/// <param name="MostInfluence">How far any one source can have moved it, at most.</param>
public sealed record ExpertRating(string Expert, int Ratings, int Sources, double Figure, double MostInfluence);

/// <summary>
/// What people's ratings come to, although some of them may mean harm. A source weighs as much as its ratings of an expert, at most <see cref="MostWeight"/>, with their mean; beside all sources stands a
/// prior of weight <see cref="PriorWeight"/> at 0.5. So whatever one source says, and however often, it moves an expert's figure by at most 5 / (25 + W), W being the weight of the other sources. A source whose
/// ratings go against the judges, or against all others, is held back as a whole, and comes back once they no longer do.
/// </summary>
public sealed class RatingStudy
{
    /// <summary>What a source weighs at most.</summary>
    public const int MostWeight = 5;

    /// <summary>What the prior weighs.</summary>
    public const int PriorWeight = 20;

    /// <summary>Comparisons before a source can be held back.</summary>
    public const int LeastCompared = 10;

    /// <summary>Mean distance from the judges, or from the mean of the others, at which a source is held back: a rater who throws a coin is 0.5 away from any 0 or 1.</summary>
    public const double MostDistance = 0.6;

    /// <summary>Fisher's z of the correlation with the judges below which a source is held back: one honest source in a hundred without any eye for quality.</summary>
    private const double LeastCorrelation = -2.326;

    private const int LeastOthers = 3;

    private RatingStudy(IReadOnlyList<RatingSource> sources, IReadOnlyList<ExpertRating> experts) => (Sources, Experts) = (sources, experts);

    /// <summary>Those who rate, in ordinal order.</summary>
    public IReadOnlyList<RatingSource> Sources { get; }

    /// <summary>The experts that were rated, in ordinal order.</summary>
    public IReadOnlyList<ExpertRating> Experts { get; }

    /// <summary>Why a source is held back; null where it is not.</summary>
    public string? HeldBack(string source) => Sources.FirstOrDefault(s => s.Source == source)?.HeldBack;

    /// <summary>Studies ratings.</summary>
    /// <param name="ratings">The ratings, those held back before among them.</param>
    /// <param name="judged">What judges said of a route, 0–1; null where they said nothing.</param>
    public static RatingStudy Of(IReadOnlyList<StoredRating> ratings, Func<string, double?> judged)
    {
        ArgumentNullException.ThrowIfNull(ratings);
        ArgumentNullException.ThrowIfNull(judged);
        var bySource = ratings.GroupBy(static r => r.Feedback.Source, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).ToArray();
        var means = bySource.SelectMany(static g => g.GroupBy(static r => r.Expert, StringComparer.Ordinal).Select(e => (Source: g.Key, Expert: e.Key, Mean: e.Average(static r => r.Feedback.Rating), Count: e.Count())))
            .ToLookup(static m => m.Expert, StringComparer.Ordinal);
        var sources = bySource.Select(g => new RatingSource(g.Key, g.Count(), Against(g.Key, [.. g], judged, means))).ToArray();
        var held = sources.Where(static s => s.HeldBack is not null).Select(static s => s.Source).ToHashSet(StringComparer.Ordinal);
        var experts = means.OrderBy(static m => m.Key, StringComparer.Ordinal).Select(m =>
        {
            var counted = m.Where(s => !held.Contains(s.Source)).OrderBy(static s => s.Source, StringComparer.Ordinal).ToArray();
            double weight = PriorWeight, sum = PriorWeight * 0.5, most = 0;
            foreach (var source in counted)
            {
                var w = Math.Min(source.Count, MostWeight);
                (weight, sum) = (weight + w, sum + (w * source.Mean));
            }

            foreach (var source in counted) most = Math.Max(most, Math.Min(source.Count, MostWeight) / weight);
            return new ExpertRating(m.Key, counted.Sum(static s => s.Count), counted.Length, sum / weight, most);
        }).ToArray();
        return new RatingStudy(sources, experts);
    }

    private static string? Against(string source, StoredRating[] ratings, Func<string, double?> judged, ILookup<string, (string Source, string Expert, double Mean, int Count)> means)
    {
        var compared = ratings.Select(r => (Rating: r.Feedback.Rating, Judged: judged(r.Feedback.RouteId))).Where(static c => c.Judged is not null).Select(static c => (c.Rating, Judged: c.Judged!.Value)).ToArray();
        if (compared.Length >= LeastCompared)
        {
            var distance = compared.Average(static c => Math.Abs(c.Rating - c.Judged));
            if (distance >= MostDistance) return Text($"its ratings are {distance:0.00} away from the judges' scores on average, over {compared.Length} answers");
            if (FisherZ(compared) < LeastCorrelation) return Text($"its ratings go against the judges' scores, over {compared.Length} answers");
        }

        var (total, count) = (0.0, 0);
        foreach (var rating in ratings)
        {
            var others = means[rating.Expert].Where(m => m.Source != source).ToArray();
            if (others.Length < LeastOthers) continue;
            total += Math.Abs(rating.Feedback.Rating - others.Average(static o => o.Mean));
            count++;
        }

        return count >= LeastCompared && total / count >= MostDistance
            ? Text($"its ratings are {total / count:0.00} away from what the others say of the same experts on average, over {count} answers")
            : null;
    }

    private static double FisherZ((double Rating, double Judged)[] compared)
    {
        var (x, y) = (compared.Average(static c => c.Rating), compared.Average(static c => c.Judged));
        double xx = 0, yy = 0, xy = 0;
        foreach (var (rating, score) in compared) (xx, yy, xy) = (xx + ((rating - x) * (rating - x)), yy + ((score - y) * (score - y)), xy + ((rating - x) * (score - y)));
        if (xx <= 1e-12 || yy <= 1e-12) return 0;
        return Math.Atanh(Math.Clamp(xy / Math.Sqrt(xx * yy), -0.999999, 0.999999)) * Math.Sqrt(compared.Length - 3);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
