namespace Orchestration.Storage.Sqlite;

/// <summary>
/// Who is alive. Each opened store holds a lock of the operating system on a file of its own for its life; the system drops it with the process,
/// however that ends. So a file that is missing or can be locked belongs to a dead owner.
/// Files are created and removed inside write transactions only: a starting owner cannot be taken for a dead one between making its file and locking it.
/// </summary>
internal sealed class OwnerLocks : IDisposable
{
    private readonly string _folder;
    private FileStream? _own;

    private OwnerLocks(string folder, string owner)
    {
        _folder = folder;
        Owner = owner;
    }

    /// <summary>This owner.</summary>
    public string Owner { get; }

    /// <summary>False where the file system has no locks: then nobody is ever known to be dead, and only leases run out.</summary>
    public bool CanTell { get; private set; }

    /// <summary>Takes a new owner's number and its lock, and removes the files of dead owners.</summary>
    public static OwnerLocks Register(Connection connection)
    {
        var folder = connection.Path + "-owners";
        connection.Execute("BEGIN IMMEDIATE");
        try
        {
            connection.Run("UPDATE store SET owners = owners + 1");
            var owner = FormattableString.Invariant($"o{connection.Number("SELECT owners FROM store")}");
            Directory.CreateDirectory(folder);
            var locks = new OwnerLocks(folder, owner);
            locks.RemoveDead();
            locks._own = new FileStream(
                locks.FileOf(owner), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            locks.CanTell = locks.IsLocked(owner);
            connection.Execute("COMMIT");
            return locks;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new Core.OrchestrationException(
                Core.ErrorCodes.Store,
                $"The owners' folder {folder} cannot be written ({failure.Message}). Give this user the right to write it; it stands beside the store and holds one lock file for each process.",
                failure);
        }
        finally
        {
            connection.RollbackIfNeeded();
        }
    }

    /// <summary>True where the process of this owner is known to have ended.</summary>
    /// <param name="owner">An owner, or an owner and a worker of it: <c>o7/worker</c>.</param>
    public bool IsDead(string owner)
    {
        var slash = owner.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) owner = owner[..slash];
        if (string.Equals(owner, Owner, StringComparison.Ordinal)) return _own is null;
        return CanTell && !IsLocked(owner);
    }

    /// <summary>True where it is this owner or one of its workers.</summary>
    public bool IsOwn(string owner) =>
        owner.StartsWith(Owner, StringComparison.Ordinal) && (owner.Length == Owner.Length || owner[Owner.Length] == '/');

    /// <summary>Ends this owner: its file is removed with its lock.</summary>
    public void Dispose()
    {
        _own?.Dispose();
        _own = null;
    }

    private string FileOf(string owner) => Path.Combine(_folder, owner + ".lock");

    private void RemoveDead()
    {
        foreach (var file in Directory.EnumerateFiles(_folder, "o*.lock"))
        {
            if (IsLocked(Path.GetFileNameWithoutExtension(file))) continue;
            try
            {
                File.Delete(file);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Somebody is looking at it just now, or it is another user's: the next to open the store removes it.
            }
        }
    }

    private bool IsLocked(string owner)
    {
        try
        {
            // Shared among those who look, so that they do not take one another for the owner.
            using var look = new FileStream(FileOf(owner), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 1);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            // It belongs to another user: not known to be dead.
            return true;
        }
    }
}
