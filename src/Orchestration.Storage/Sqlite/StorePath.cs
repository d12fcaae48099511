using Orchestration.Core;

namespace Orchestration.Storage.Sqlite;

/// <summary>Where a store lies.</summary>
internal static class StorePath
{
    /// <summary>
    /// The full path of the file itself: processes that come by different links must meet at the same owners' folder. Makes its folder.
    /// </summary>
    public static string Prepare(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            // The file is never opened here: closing it would drop the locks that the database engine holds on it in this process.
            var file = new FileInfo(full);
            if (file.LinkTarget is not null) full = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
            if (Directory.Exists(full))
                throw new OrchestrationException(ErrorCodes.Store, $"{full} is a folder; a store is a file. Name a file in it, such as {Path.Combine(full, "store.db")}.");
            if (Path.GetDirectoryName(full) is { } folder) Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(
                ErrorCodes.Store,
                $"The folder of the store {full} cannot be made ({failure.Message}). Make it, or name a file in a folder that this user may write.",
                failure);
        }

        return full;
    }
}
