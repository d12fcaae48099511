using Orchestration.Core.Access;

namespace Orchestration.Simulation.InMemory;

/// <summary>Keys and the audit log, of all owners.</summary>
internal sealed class AccessRows
{
    public byte[]? Secret { get; set; }

    public List<AccessKey> Keys { get; } = [];

    public List<AuditEntry> Audit { get; } = [];
}

/// <inheritdoc/>
internal sealed class InMemoryAccessDirectory(InMemoryOwner owner) : IAccessDirectory
{
    public ValueTask<byte[]> SecretAsync(ReadOnlyMemory<byte> proposed, CancellationToken cancellationToken) =>
        owner.StepAsync(data => data.Access.Secret ??= proposed.ToArray(), cancellationToken);

    public ValueTask<bool> AddAsync(AccessKey key, AuditEntry entry, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            if (data.Access.Keys.Exists(k => k.Id == key.Id)) return false;
            data.Access.Keys.Add(key);
            Record(data, entry);
            return true;
        },
        cancellationToken);

    public ValueTask<AccessKey?> RevokeAsync(string id, AuditEntry entry, CancellationToken cancellationToken) => owner.StepAsync(
        data =>
        {
            var at = data.Access.Keys.FindIndex(k => k.Id == id);
            if (at < 0) return null;
            if (data.Access.Keys[at].RevokedAt is null)
            {
                data.Access.Keys[at] = data.Access.Keys[at] with { RevokedAt = data.Time.GetUtcNow() };
                Record(data, entry);
            }

            return data.Access.Keys[at];
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<AccessKey>> ListAsync(CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<AccessKey>>(static data => [.. data.Access.Keys], cancellationToken);

    public ValueTask<long> VersionAsync(CancellationToken cancellationToken) =>
        owner.StepAsync(static data => (long)data.Access.Keys.Count + data.Access.Keys.Count(static k => k.RevokedAt is not null), cancellationToken);

    public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        var time = await owner.StepAsync(static data => data.Time, cancellationToken).ConfigureAwait(false);
        await Task.Delay(most, time, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask RecordAsync(AuditEntry entry, CancellationToken cancellationToken) => await owner.StepAsync(
        data =>
        {
            Record(data, entry);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken) => owner.StepAsync<IReadOnlyList<AuditEntry>>(
        data =>
        [
            .. Enumerable.Reverse(data.Access.Audit).Where(e => e.Number < (query.Before ?? long.MaxValue) && (query.Subject is null || e.Subject == query.Subject)).Take(query.Most),
        ],
        cancellationToken);

    private static void Record(InMemoryData data, AuditEntry entry) => data.Access.Audit.Add(entry with { Number = data.Access.Audit.Count + 1, At = data.Time.GetUtcNow() });
}
