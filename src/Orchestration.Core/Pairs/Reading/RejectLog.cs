namespace Orchestration.Core.Pairs.Reading;

/// <summary>Writes <c>rejects.jsonl</c> and counts reasons. One caller at a time.</summary>
internal sealed class RejectLog : IDisposable
{
    private readonly FileStream? _file;
    private readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);

    public RejectLog(string? path)
    {
        if (path is null) return;
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 64 << 10);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"The rejected rows cannot be written to {path}: {e.Message}", e);
        }
    }

    public IReadOnlyDictionary<string, long> ByReason => _byReason;

    /// <summary>Writes a chunk's rejected rows up to a line; returns how many.</summary>
    public int Append(RejectBuffer rejects, long lastLine = long.MaxValue)
    {
        var count = 0;
        for (; count < rejects.Entries.Count && rejects.Entries[count].Line <= lastLine; count++)
        {
            var entry = rejects.Entries[count];
            _byReason[entry.Reason] = _byReason.GetValueOrDefault(entry.Reason) + 1;
            _file?.Write(rejects.Lines(count));
        }

        return count;
    }

    public void Dispose() => _file?.Dispose();
}
