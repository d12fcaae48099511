using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging;

namespace Orchestration.Storage.Postgres.Spool;

/// <summary>
/// Keeps judgments that were paid for while the database is away: they outlive this process. It is bounded: a call that is to be paid first takes room for its
/// judgment, and without room, or without a spool, no new paid call starts. Made when the first paid call is to start. Safe for concurrent use.
/// </summary>
internal sealed class JudgmentSpool(string folder, string owner, Guid store, long capacity, Action<string>? onNote) : IDisposable
{
    /// <summary>Room that a call takes before it starts: a judgment with a long rationale.</summary>
    public const int BytesPerCall = 8 << 10;

    private readonly Lock _lock = new();
    private SpoolFile? _file;
    private string? _path;
    private int _calls;
    private int _undelivered;
    private bool _isFullTold;

    /// <summary>Takes room for one call's judgment; false where there is none just now.</summary>
    /// <exception cref="OrchestrationException">The spool cannot be made here (<see cref="ErrorCodes.Configuration"/>): no paid call can start in this process.</exception>
    public bool TryTakeRoom()
    {
        lock (_lock)
        {
            var file = _file ??= Make();
            if ((long)(_calls + 1) * BytesPerCall > file.Free)
            {
                if (!_isFullTold) onNote?.Invoke($"the spool {_path} is full: no new paid call starts until the database has taken what waits there");
                _isFullTold = true;
                return false;
            }

            _isFullTold = false;
            _calls++;
            return true;
        }
    }

    /// <summary>A call has ended; its judgment is delivered, or there is none.</summary>
    public void GiveBack()
    {
        lock (_lock) _calls = Math.Max(0, _calls - 1);
    }

    /// <summary>Writes judgments down that the database does not take now. What does not fit waits in memory alone.</summary>
    public bool Keep(IReadOnlyList<StoredJudgment> judgments)
    {
        lock (_lock)
        {
            try
            {
                _file ??= Make();
                if (!_file.TryAppend(judgments)) return false;
                _undelivered++;
                return true;
            }
            catch (Exception failure) when (failure is IOException or OrchestrationException)
            {
                onNote?.Invoke($"{judgments.Count.ToString(CultureInfo.InvariantCulture)} judgments wait in memory alone, as the spool cannot be written: {failure.Message}");
                return false;
            }
        }
    }

    /// <summary>What was kept has been delivered.</summary>
    public void Delivered()
    {
        lock (_lock)
        {
            if (--_undelivered == 0) _file?.Clear();
        }
    }

    /// <summary>Closes it; what was not delivered stays for the next process.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
            _file = null;
            if (_path is not null && _undelivered == 0) File.Delete(_path);
            _path = null;
        }
    }

    /// <summary>The files that processes which are no more left in a folder for this store, with what they hold.</summary>
    public static IEnumerable<(string Path, IReadOnlyList<StoredJudgment> Judgments)> LeftBehind(string folder, Guid store)
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*.spool").Order(StringComparer.Ordinal).ToArray())
        {
            if (SpoolFile.ReadLeftBehind(path, store) is { } judgments) yield return (path, judgments);
        }
    }

    private SpoolFile Make()
    {
        _path = Path.Combine(folder, $"{owner}-{Convert.ToHexStringLower(store.ToByteArray())[..8]}.spool");
        try
        {
            return SpoolFile.Create(_path, store, capacity);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(
                ErrorCodes.Configuration,
                string.Create(CultureInfo.InvariantCulture, $"No paid call starts here: the spool {_path} of {capacity >> 20} MiB, which keeps what was paid for while the database is away, cannot be made ({failure.Message}). Make room, or name another folder in ORCHESTRATE_SPOOL."),
                failure);
        }
    }
}
