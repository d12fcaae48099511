using Orchestration.Core.Judging;

namespace Orchestration.Core.Routing.Loop;

/// <summary>
/// A judgment store that keeps nothing: what judges say of routed traffic quotes it, and is not to lie where no deletion by a route's id finds it. Judges that are asked again judge again, which is what
/// a repeat of those that chose an answer must do.
/// </summary>
public sealed class ForgettingJudgments : IJudgmentStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>?>>(new IReadOnlyList<double>?[addresses.Count]);

    /// <inheritdoc/>
    public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) => ValueTask.FromResult<StoredJudgment?>(null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>>>([.. judgments.Select(static j => j.Values)]);

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);
}
