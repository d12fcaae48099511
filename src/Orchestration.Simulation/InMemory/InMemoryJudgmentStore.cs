using Orchestration.Core.Judging;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <summary>Judgments as rows of memory.</summary>
internal sealed class JudgmentRows : Dictionary<JudgmentAddress, StoredJudgment>;

/// <inheritdoc/>
internal sealed class InMemoryJudgmentStore(InMemoryOwner owner) : IJudgmentStore
{
    public ValueTask<IReadOnlyList<IReadOnlyList<double>?>> GetAsync(IReadOnlyList<JudgmentAddress> addresses, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<IReadOnlyList<double>?>>(
            data => addresses.Select(address => data.Judgments.GetValueOrDefault(address)?.Values).ToArray(), cancellationToken);

    public ValueTask<StoredJudgment?> FindAsync(JudgmentAddress address, CancellationToken cancellationToken) =>
        owner.StepAsync(data => data.Judgments.GetValueOrDefault(address), cancellationToken);

    public ValueTask<IReadOnlyList<IReadOnlyList<double>>> PutAsync(IReadOnlyList<StoredJudgment> judgments, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<IReadOnlyList<double>>>(
            data =>
            {
                foreach (var judgment in judgments)
                {
                    if (judgment.Values.Count == 0 || !judgment.Values.All(double.IsFinite))
                        throw new ArgumentException($"A stored judgment has values, all finite; that of pair {judgment.Address.Pair} does not.", nameof(judgments));
                    ArgumentOutOfRangeException.ThrowIfNegative(judgment.Address.Repeat, nameof(judgments));
                }

                var held = new IReadOnlyList<double>[judgments.Count];
                for (var i = 0; i < held.Length; i++)
                {
                    var copy = judgments[i] with { Values = judgments[i].Values.ToArray() };
                    if (!data.Judgments.TryAdd(copy.Address, copy) && data.Planted == PlantedBug.PutOverwrites) data.Judgments[copy.Address] = copy;
                    data.Claims.Remove(judgments[i].Address);
                    held[i] = data.Judgments[judgments[i].Address].Values;
                }

                return held;
            },
            cancellationToken);

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => owner.StepAsync<long>(data => data.Judgments.Count, cancellationToken);
}
