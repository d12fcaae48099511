using System.Globalization;

namespace Orchestration.Core.Routing.Loop;

/// <summary>Takes ratings of routed answers: late ones, repeated ones, those of routes that nobody knows, and those of sources that rate more, or otherwise, than they plausibly could.</summary>
internal sealed class RatingDesk(IRouterLedger ledger, JudgedScores judged, TimeProvider time)
{
    /// <summary>Ratings of one source in a minute, and in a day, at one silo.</summary>
    public const int MostPerMinute = 60;

    /// <inheritdoc cref="MostPerMinute"/>
    public const int MostPerDay = 2000;

    private const int MostComment = 2000;
    private const int Studied = 20_000;

    /// <summary>How old the study of all ratings may be.</summary>
    private static readonly TimeSpan StudyAge = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Pace> _paces = new(StringComparer.Ordinal);
    private RatingStudy? _study;
    private long _studiedAt;

    /// <summary>Takes a rating.</summary>
    /// <param name="feedback">The rating.</param>
    /// <param name="find">Looks a route up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<FeedbackReceipt> TakeAsync(RouteFeedback feedback, Func<string, CancellationToken, ValueTask<RouteRecord?>> find, CancellationToken cancellationToken)
    {
        if (!(feedback.Rating is >= 0 and <= 1))
            throw new OrchestrationException(ErrorCodes.Input, string.Create(CultureInfo.InvariantCulture, $"A rating is a number from 0 to 1, higher is better; this one is {feedback.Rating}."));
        if (string.IsNullOrWhiteSpace(feedback.Source)) throw new OrchestrationException(ErrorCodes.Input, "A rating says who rates; this one has no source.");
        if (feedback.Comment is { Length: > MostComment } comment) feedback = feedback with { Comment = comment[..(char.IsHighSurrogate(comment[MostComment - 1]) ? MostComment - 1 : MostComment)] };

        // Before anything is looked up or written: a flood costs next to nothing.
        if (!IsPaced(feedback.Source)) return FeedbackReceipt.HeldBack;
        if (await find(feedback.RouteId, cancellationToken) is not { Outcome.AnsweredBy: { } expert }) return FeedbackReceipt.Unknown;
        var heldBack = (await StudyAsync(cancellationToken)).HeldBack(feedback.Source);
        var isReplaced = await ledger.RateAsync(new StoredRating(feedback, expert, time.GetUtcNow(), heldBack), cancellationToken);
        return heldBack is not null ? FeedbackReceipt.HeldBack : isReplaced ? FeedbackReceipt.Replaced : FeedbackReceipt.Taken;
    }

    /// <summary>What all ratings come to, as of the last seconds.</summary>
    public async ValueTask<RatingStudy> StudyAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_study is not null && time.GetElapsedTime(_studiedAt) < StudyAge) return _study;
        }

        var study = RatingStudy.Of(await ledger.RatingsAsync(Studied, cancellationToken), judged.Find);
        lock (_lock) (_study, _studiedAt) = (study, time.GetTimestamp());
        return study;
    }

    private bool IsPaced(string source)
    {
        var now = time.GetUtcNow();
        var (minute, day) = (now.UtcTicks / TimeSpan.TicksPerMinute, now.UtcTicks / TimeSpan.TicksPerDay);
        lock (_lock)
        {
            var pace = _paces.GetValueOrDefault(source);
            if (pace.Minute != minute) pace = pace with { Minute = minute, InMinute = 0 };
            if (pace.Day != day) pace = pace with { Day = day, InDay = 0 };
            var isPaced = pace.InMinute < MostPerMinute && pace.InDay < MostPerDay;
            if (isPaced) pace = pace with { InMinute = pace.InMinute + 1, InDay = pace.InDay + 1 };
            _paces[source] = pace;
            return isPaced;
        }
    }

    private readonly record struct Pace(long Minute, int InMinute, long Day, int InDay);
}
