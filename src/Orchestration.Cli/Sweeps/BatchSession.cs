using System.Globalization;
using Orchestration.Backends.Batch;
using Orchestration.Cli.Hosting;
using Orchestration.Core.Batches;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Sweeps;

namespace Orchestration.Cli.Sweeps;

/// <summary>Batch mode of a sweep, before its shards are worked: runs it, shows it, and says how it ended.</summary>
internal sealed class BatchSession(CliContext context, EmbeddedHost host)
{
    /// <summary>Collects what the sweep has at endpoints, and makes new batches where that is wanted.</summary>
    /// <returns><see cref="SweepState.Running"/> where its shards can be worked; otherwise the state somebody else gave it.</returns>
    public async Task<SweepState> RunAsync(SweepRecord sweep, IReadOnlyList<IJudge> judges, bool makesNew, CancellationToken cancellationToken)
    {
        var open = await host.Store.Batches.OpenAsync(sweep.Id, cancellationToken);
        if (!makesNew && open.Count == 0) return SweepState.Running;
        if (makesNew && !judges.Any(judge => judge is LlmJudge))
            await context.Error.WriteLineAsync("--batch: no judge of this sweep asks a language model by a rubric of its own; there is nothing for batches to do");
        var meter = new BatchMeter();
        var deployments = new Dictionary<string, OpenAiBatchDeployment>(StringComparer.Ordinal);
        var pass = new BatchPass(
            new BatchStores(host.Store.Sweeps, host.Store.Judgments, host.Store.Spending, host.Store.Batches),
            context.Time, sweep, judges, name => deployments.TryGetValue(name, out var known) ? known : deployments[name] = host.Batches(name), meter);
        try
        {
            SweepState end;
            await using (new BatchProgressView(context, meter)) end = await pass.RunAsync(makesNew, cancellationToken);
            await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"batches: {meter.Scored:N0} judgments for ${meter.Totals.CostUsd:0.00####}; {meter.LeftToCalls:N0} lines are left to single calls"));
            return end;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var left = await host.Store.Batches.OpenAsync(sweep.Id, CancellationToken.None);
            if (left.Count > 0)
            {
                await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"{left.Count:N0} batches with {left.Sum(batch => (long)batch.Batch.Requests):N0} calls run on at the endpoint; 'orchestrate sweep resume {sweep.Id} --batch' collects them"));
            }

            throw;
        }
        finally
        {
            foreach (var deployment in deployments.Values) deployment.Dispose();
        }
    }
}
