using Orchestration.Core.Judging;

namespace Orchestration.Testing.Judging;

/// <summary>A judgment store in memory: immutable, first writer wins. Counts what is asked of it.</summary>
public sealed class MemoryJudgmentStore : IJudgmentStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<JudgmentAddress, StoredJudgment> _judgments = [];

    /// <summary>How often <see cref="GetAsync"/> was called.</summary>
    public int Gets { get; private set; }

    /// <summary>Everything stored.</summary>
    public IReadOnlyList<StoredJudgment> Judgments
    {
        get { lock (_lock) return [.. _judgments.Values]; }
    }

    public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Gets++;
            return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>?>>(
                [.. addresses.Select(address => _judgments.GetValueOrDefault(address)?.Values)]);
        }
    }

    public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(_judgments.GetValueOrDefault(address));
    }

    public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            foreach (var judgment in judgments) _judgments.TryAdd(judgment.Address, judgment);
            return ValueTask.FromResult<IReadOnlyList<IReadOnlyList<double>>>([.. judgments.Select(j => _judgments[j.Address].Values)]);
        }
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<long>(_judgments.Count);
    }
}
