namespace Orchestration.Core.Access;

/// <summary>
/// API keys and the audit log, shared by every process that opens the same store. A change of a key and its audit entry are stored in one step.
/// Safe for concurrent use.
/// </summary>
public interface IAccessDirectory
{
    /// <summary>The secret that hashes are made with where the environment names none: the first one proposed is kept for good.</summary>
    /// <param name="proposed">32 random bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The one that is kept.</returns>
    ValueTask<byte[]> SecretAsync(ReadOnlyMemory<byte> proposed, CancellationToken cancellationToken);

    /// <summary>Adds a key. False where its id is taken, and then nothing is written.</summary>
    ValueTask<bool> AddAsync(AccessKey key, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Revokes a key for good. Null where there is none; one that was revoked before stays as it was, and nothing is recorded.</summary>
    ValueTask<AccessKey?> RevokeAsync(string id, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>All keys, revoked ones too, in the order in which they were made.</summary>
    ValueTask<IReadOnlyList<AccessKey>> ListAsync(CancellationToken cancellationToken);

    /// <summary>A number that is raised by every change of a key, in the order of the changes. Cheap enough to be asked several times a second.</summary>
    ValueTask<long> VersionAsync(CancellationToken cancellationToken);

    /// <summary>Returns when <see cref="VersionAsync"/> may have changed, as far as the store can tell, or when the time is up. Only a hint.</summary>
    ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken);

    /// <summary>Writes an entry into the audit log.</summary>
    ValueTask RecordAsync(AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Entries, newest first.</summary>
    ValueTask<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken);
}
