using Orchestration.Core.Cluster;

namespace Orchestration.Simulation.InMemory;

/// <summary>What a silo told of itself.</summary>
internal sealed record InMemorySilo(DateTimeOffset StartedAt, DateTimeOffset SeenAt, SiloReport Report);

/// <inheritdoc/>
internal sealed class InMemoryClusterDirectory(InMemoryOwner owner) : IClusterDirectory
{
    public async ValueTask TellAsync(SiloReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        await owner.StepAsync(
            data =>
            {
                var now = data.Time.GetUtcNow();
                return data.Silos[owner.Owner] = new InMemorySilo(data.Silos.GetValueOrDefault(owner.Owner)?.StartedAt ?? now, now, report);
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<SiloRecord>> ListAsync(TimeSpan since, CancellationToken cancellationToken) => owner.StepAsync<IReadOnlyList<SiloRecord>>(
        data =>
        {
            var now = data.Time.GetUtcNow();
            return
            [
                .. data.Silos.Where(silo => !data.IsDead(silo.Key) || now - silo.Value.SeenAt <= since)
                    .Select(silo => new SiloRecord(silo.Key, "memory", 0, "", !data.IsDead(silo.Key), silo.Value.StartedAt, silo.Value.SeenAt, now - silo.Value.SeenAt, silo.Value.Report))
                    .OrderByDescending(static silo => silo.StartedAt).ThenByDescending(static silo => silo.Owner.Length).ThenByDescending(static silo => silo.Owner, StringComparer.Ordinal),
            ];
        },
        cancellationToken);
}
