using System.Globalization;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Clients;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Tests.Grains;
using Orchestration.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Processes;

/// <summary>What silo processes of a real cluster serve to those outside.</summary>
public sealed class SiloServingTests
{
    private const int Silos = 3;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_swap_is_seen_in_all_silos_within_a_second_and_one_question_to_all_of_them_is_one_call()
    {
        const int Swapped = 41;
        await using var world = await OrleansWorld.CreateAsync(isCompared: false);

        // Nobody is killed: a claim is not to run out because a process stood still for three seconds on a busy machine.
        var silos = await Task.WhenAll(Enumerable.Range(0, Silos).Select(_ => world.StartSiloAsync("--slots", "0", "--lease", "30")));
        var clients = await Task.WhenAll(silos.Select(world.ConnectAsync));
        try
        {
            await AskAllAsync(world, clients);
            await using var store = await StoreLocation.OpenAsync(world.Store, TimeProvider.System, world.At("spool"), null, Cancelled);
            var versions = await Swaps.TrainAsync(world.At("rows.jsonl"), arguments => world.RunAsync([.. arguments, "--store", world.Store]), store.Aggregators);
            List<TimeSpan> took = [];
            for (var swap = 0; swap < Swapped; swap++)
            {
                var setting = await store.Aggregators.SettingAsync(Swaps.Name, Cancelled);
                var next = versions[swap % 2];
                var began = TimeProvider.System.GetTimestamp();
                (await store.Aggregators.TryChangeAsync(setting.Epoch, setting with { Active = next }, null, Cancelled)).ShouldNotBeNull();
                var seen = await Task.WhenAll(clients.Select(client => SeenAsync(client, next, began)));

                // With the first one a silo begins to follow the name, and the code that predicts is compiled.
                if (swap > 0) took.AddRange(seen);
            }

            took.Sort();
            TestContext.Current.SendDiagnosticMessage(string.Create(
                CultureInfo.InvariantCulture, $"{took.Count} swaps seen: p50 {took[took.Count / 2].TotalMilliseconds:0} ms, p99 {took[took.Count * 99 / 100].TotalMilliseconds:0} ms, longest {took[^1].TotalMilliseconds:0} ms"));
            took[^1].ShouldBeLessThan(TimeSpan.FromSeconds(1));
        }
        finally
        {
            foreach (var client in clients) await client.DisposeAsync();
        }
    }

    /// <summary>Asks until the silo that the client knows predicts by a version.</summary>
    private static async Task<TimeSpan> SeenAsync(OrleansClient client, string version, long began)
    {
        var worker = client.Grains.GetGrain<IAggregatorWorkerGrain>(Swaps.Name);
        while (!(await worker.PredictAsync(Swaps.Request)).Versions.Contains(version)) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancelled);
        return TimeProvider.System.GetElapsedTime(began);
    }

    private static async Task AskAllAsync(OrleansWorld world, OrleansClient[] clients)
    {
        var before = world.Endpoint.Statistics().Requests;
        var question = new JudgeQuestion { Pairs = [new Pair { Id = "p", Prompt = "Is it so?", Answer = "It is so, and always was.", Group = "g" }] };
        var answers = await Task.WhenAll(clients.Select(client => client.Grains.GetGrain<IJudgeWorkerGrain>("clarity@local").JudgeAsync(question)));
        answers.Select(static answer => answer.Judgments[0]).Distinct().Count().ShouldBe(1);
        (world.Endpoint.Statistics().Requests - before).ShouldBe(1, "one silo claims it in the store, the others wait for it");
    }
}
