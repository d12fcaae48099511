using System.Globalization;
using Orchestration.Core.Experiments;

namespace Orchestration.Cli.Hosting;

/// <summary>How far training or an experiment is, on standard error: one redrawn line on a terminal, a plain line every ten seconds elsewhere.</summary>
internal sealed class StepProgressView(CliContext context) : IProgress<ExperimentProgress>, IDisposable
{
    private readonly Lock _lock = new();
    private long _toldAt = context.Time.GetTimestamp();
    private int _last;
    private string _what = "";

    public void Report(ExperimentProgress value)
    {
        lock (_lock)
        {
            // Parts end in any order; what is told only rises.
            if (value.What == _what && value.Done < _last) return;
            (_what, _last) = (value.What, value.Done);
            var wait = context.IsErrorTerminal ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(10);
            if (context.Time.GetElapsedTime(_toldAt) < wait) return;
            _toldAt = context.Time.GetTimestamp();
            var line = string.Create(CultureInfo.InvariantCulture, $"{value.Done:N0} of {value.Parts:N0} {value.What}");
            if (context.IsErrorTerminal) context.Error.Write($"\r\u001b[K{line}");
            else context.Error.WriteLine(line);
        }
    }

    public void Dispose()
    {
        if (context.IsErrorTerminal) context.Error.Write("\r\u001b[K");
    }
}
