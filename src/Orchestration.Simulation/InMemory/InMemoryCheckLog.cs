using Orchestration.Core.MetaEvaluation.Kept;

namespace Orchestration.Simulation.InMemory;

/// <inheritdoc/>
internal sealed class InMemoryCheckLog(InMemoryOwner owner) : ICheckLog
{
    public async ValueTask KeepAsync(KeptCheck check, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(check);
        await owner.StepAsync(
            data =>
            {
                data.Checks[check.Key] = check;
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<KeptCheck>> ListAsync(int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return owner.StepAsync<IReadOnlyList<KeptCheck>>(
            data => [.. data.Checks.Values.OrderByDescending(static check => check.At).ThenBy(static check => check.Key, StringComparer.Ordinal).Take(most)], cancellationToken);
    }
}
