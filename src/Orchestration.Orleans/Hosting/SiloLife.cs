using Microsoft.Extensions.Hosting;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Orleans.Contracts;
using Orleans;
using Orleans.Runtime;

namespace Orchestration.Orleans.Hosting;

/// <summary>What runs beside a silo's grains: work on sweeps, leases of judges, the aggregators' change feed. Begins when the silo is a member and ends before it leaves.</summary>
internal sealed class SiloLife(
    IGrainFactory grains, ILocalSiloDetails silo, IHostApplicationLifetime application, SiloParts parts, SiloJudges judges, SiloAggregators aggregators, SiloWork work, SiloRouter router) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _beside = Task.CompletedTask;

    /// <summary>Ends when the silo does.</summary>
    public Task Ended => _ended.Task;

    public void Dispose() => _stop.Dispose();

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        application.ApplicationStopping.Register(() => _ended.TrySetResult());
        parts.Quotas.Join(grains);
        judges.Join(grains, parts.Store.Owner);
        var feed = new AggregatorFeed(
            parts.Store.Aggregators, () => aggregators.Hosted, onFault: fault => parts.Options.Note($"the aggregator stays as it was: {fault.Message}"));

        // Before anybody is told that it is there: who registers a sweep then hears of it.
        await work.TellNowAsync(cancellationToken);
        _beside = Task.WhenAll(
            Task.Run(() => feed.RunAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => aggregators.FollowAsync(grains, _stop.Token), CancellationToken.None),
            Task.Run(() => judges.RenewAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => router.RunAsync(_stop.Token), CancellationToken.None),
            Task.Run(() => work.TellAsync(_stop.Token), CancellationToken.None));
        await grains.GetGrain<IShardGrain>(silo.SiloAddress.ToParsableString()).StartAsync();
        _ = WatchAsync();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await work.StopAsync();
        }
        finally
        {
            await _stop.CancelAsync();
            await judges.LeaveAsync();
            parts.Quotas.Leave();
            await _beside;
        }
    }

    /// <summary>A store that fails for good ends the silo: it could only hold up others.</summary>
    private async Task WatchAsync()
    {
        try
        {
            await work.Running;
        }
        catch (Core.OrchestrationException failure)
        {
            _ended.TrySetException(failure);
            application.StopApplication();
        }
    }
}
