using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Leases;

/// <summary>A judge of this process that keeps to the share which this process was leased of the judge's limit. Judges that compute are not limited.</summary>
public sealed class LeasedJudge : IJudge
{
    private readonly IJudge _judge;
    private readonly JudgePlaces _places;

    /// <summary>Creates it.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="places">The places at it, shared by all of this process that ask the same judge.</param>
    public LeasedJudge(IJudge judge, JudgePlaces places)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(places);
        _judge = judge;
        _places = places;
    }

    /// <inheritdoc/>
    public JudgeDescriptor Descriptor => _judge.Descriptor;

    /// <summary>The judge's own: the share changes while a batch is under way, and those above it wait for a place.</summary>
    public int Concurrency => _judge.Concurrency;

    /// <inheritdoc/>
    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken) =>
        _judge.Concurrency == 0 ? _judge.JudgeAsync(request, cancellationToken) : InPlaceAsync(request, static (judge, asked, stop) => judge.JudgeAsync(asked, stop), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) =>
        _judge.Concurrency == 0 ? _judge.CompareAsync(request, cancellationToken) : InPlaceAsync(request, static (judge, asked, stop) => judge.CompareAsync(asked, stop), cancellationToken);

    private async ValueTask<JudgeReply> InPlaceAsync<T>(
        JudgeRequest<T> request, Func<IJudge, JudgeRequest<T>, CancellationToken, ValueTask<JudgeReply>> ask, CancellationToken cancellationToken)
    {
        await _places.TakeAsync(cancellationToken);
        try
        {
            return await ask(_judge, request, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }
}
