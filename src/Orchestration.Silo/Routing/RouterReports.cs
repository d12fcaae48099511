using Orchestration.Core.Routing.Loop;

namespace Orchestration.Silo.Routing;

/// <summary>
/// The router's report, made anew when somebody asks and the last one is some seconds old: it goes through twenty thousand judged answers. Safe for concurrent use.
/// </summary>
/// <param name="loop">What the router does behind the requests; null while the configuration names no experts.</param>
/// <param name="time">Measures ages.</param>
internal sealed class RouterReports(Func<RouterLoop?> loop, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<RouterReport>? _last;
    private long _madeAt;

    /// <summary>The report; null without a router.</summary>
    public async ValueTask<RouterReport?> GetAsync(CancellationToken cancellationToken)
    {
        if (loop() is not { } now) return null;
        Task<RouterReport> report;
        lock (_lock)
        {
            // One that failed is not kept, and whoever asked first may go away without taking it from the others.
            if (_last is null || _last.IsFaulted || (_last.IsCompleted && time.GetElapsedTime(_madeAt) >= Fresh)) (_last, _madeAt) = (MakeAsync(now), time.GetTimestamp());
            report = _last;
        }

        return await report.WaitAsync(cancellationToken);
    }

    private static Task<RouterReport> MakeAsync(RouterLoop loop) => Task.Run(async () => await loop.ReportAsync(CancellationToken.None));
}
