using System.Globalization;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Routing.Features;
using Orchestration.Simulation;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Embeddings;

/// <summary>Embeddings are bought once, in batches, within a cap, from a real endpoint.</summary>
public sealed class EmbeddingSourceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_stored_is_not_bought_again_and_comes_back_to_the_bit()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);
        string[] prompts = [.. Prompts(200), .. Prompts(50)];

        var first = await Source(endpoint, data).FetchAsync(prompts, "p", 4, null, Stop);
        var calls = endpoint.Statistics().EmbeddingCalls;
        var again = await Source(endpoint, data).FetchAsync([.. prompts.Reverse(), "one more"], "p", 4, null, Stop);

        (first.Bought, first.FromStore, first.Texts).ShouldBe((200, 0, 200));
        calls.ShouldBe(4, "200 different prompts, at most 64 a call");
        (again.Bought, again.FromStore).ShouldBe((1, 200));
        endpoint.Statistics().EmbeddedTexts.ShouldBe(201);
        foreach (var prompt in prompts) again.Embeddings!.Of(prompt).ShouldBe(first.Embeddings!.Of(prompt));
        first.Embeddings!.Need.ShouldBe(new EmbeddingNeed("gpt-test", "openai/gpt-4.1-mini@2025-04-14", 64));
    }

    [Fact]
    public async Task Another_models_embeddings_are_others_and_the_same_models_elsewhere_the_same()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);
        await Source(endpoint, data).FetchAsync(Prompts(10), "p", null, null, Stop);

        (await Source(endpoint, data, static c => c with { Name = "elsewhere" }).FetchAsync(Prompts(10), "p", null, null, Stop)).Bought.ShouldBe(0);
        (await Source(endpoint, data, static c => c with { Model = c.Model with { Snapshot = "later" } }).FetchAsync(Prompts(10), "p", null, null, Stop)).Bought.ShouldBe(10);
    }

    [Fact]
    public async Task A_cap_is_not_passed_and_a_higher_one_goes_on()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Prices = TestDeployment.Config(new Uri("http://x")).Prices }, cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);
        var source = Source(endpoint, data, static c => c with { Attempts = 2 });
        var cap = source.BoundUsd(Prompts(640))!.Value * 0.35m;
        var ledger = data.Open().Spending;
        await ledger.SetCapAsync("p", cap, Stop);

        var stopped = await source.FetchAsync(Prompts(640), "p", 4, null, Stop);

        stopped.Embeddings.ShouldBeNull();
        stopped.Cap.ShouldNotBeNull();
        stopped.Bought.ShouldBeGreaterThan(0);
        var status = await ledger.StatusAsync("p", Stop);
        status.SettledUsd.ShouldBe(endpoint.Statistics().CostUsd);
        status.SettledUsd.ShouldBeLessThanOrEqualTo(cap);
        await ledger.SetCapAsync("p", null, Stop);
        var whole = await source.FetchAsync(Prompts(640), "p", 4, null, Stop);
        whole.Embeddings.ShouldNotBeNull();
        endpoint.Statistics().EmbeddedTexts.ShouldBe(640, "nothing was bought twice");
    }

    [Fact]
    public async Task Under_faults_the_endpoints_own_total_lies_between_what_is_settled_and_what_may_have_been_charged()
    {
        var faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ServerError] = 0.1, [ScriptedFault.ConnectionReset] = 0.1, [ScriptedFault.TruncatedJson] = 0.1, [ScriptedFault.NoUsage] = 0.1 };
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Faults = faults, Prices = TestDeployment.Config(new Uri("http://x")).Prices }, cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);

        var fetch = await Source(endpoint, data, static c => c with { Attempts = 12 }).FetchAsync(Prompts(2000), "p", 4, null, Stop);

        fetch.Embeddings.ShouldNotBeNull();
        var (status, charged) = (await data.Open().Spending.StatusAsync("p", Stop), endpoint.Statistics().CostUsd);
        status.ReservedUsd.ShouldBe(0);
        status.SettledUsd.ShouldBeLessThan(charged);
        charged.ShouldBeLessThanOrEqualTo(status.SettledUsd + status.UnknownUsd);
    }

    [Fact]
    public async Task Stopped_in_the_middle_what_was_sent_is_awaited_and_stored()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Latency = TimeSpan.FromMilliseconds(100) }, cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var fetching = Source(endpoint, data, time: TimeProvider.System).FetchAsync(Prompts(640), "p", 2, null, stop.Token);
        await endpoint.RequestsReachedAsync(3);
        await stop.CancelAsync();

        var stopped = await fetching;

        stopped.Embeddings.ShouldBeNull();
        stopped.Bought.ShouldBe((int)endpoint.Statistics().EmbeddedTexts);
        (await Source(endpoint, data).FetchAsync(Prompts(640), "p", 2, null, Stop)).FromStore.ShouldBe(stopped.Bought);
        endpoint.Statistics().EmbeddedTexts.ShouldBe(640);
    }

    [Fact]
    public async Task The_one_prompt_that_is_refused_is_named_and_its_neighbours_are_kept()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: Stop);
        var data = new InMemoryData(TimeProvider.System);
        var refusing = new Refusing(new OpenAiEmbeddingDeployment(TestDeployment.Config(endpoint.ChatEndpoint), TestDeployment.Services(TimeProvider.System)));
        var store = data.Open();
        string[] prompts = [.. Prompts(37), "What is forbidden here?", .. Prompts(60)[37..]];

        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await new EmbeddingSource(refusing, store.Judgments, store.Spending, TimeProvider.System).FetchAsync(prompts, "p", 1, null, Stop));

        failure.Message.ShouldContain("the prompt that begins 'What is forbidden here?': filtered");
        (await Source(endpoint, data).FetchAsync(Prompts(37), "p", 1, null, Stop)).Bought.ShouldBeLessThan(6, "its neighbours were bought and are kept");
    }

    [Theory]
    [InlineData(19_999, 'a')]
    [InlineData(60_000, 'a')]
    [InlineData(30_000, '海')]
    public void A_long_text_is_cut_to_its_beginning_and_its_end(int length, char letter)
    {
        var text = "first " + new string(letter, length) + " last";
        var cut = EmbeddingText.Cut(text);
        Encoding.UTF8.GetByteCount(cut).ShouldBeInRange(19_000, EmbeddingText.MostBytes + 1);
        cut.ShouldStartWith("first ");
        cut.ShouldEndWith(" last");
        EmbeddingText.Cut("😀" + new string('x', 30_000) + string.Concat(Enumerable.Repeat("😀", 3000))).EnumerateRunes().ShouldAllBe(static r => r.Value != 0xFFFD);
        EmbeddingText.Cut("short").ShouldBe("short");
    }

    private static EmbeddingSource Source(ScriptedEndpoint endpoint, InMemoryData data, Func<DeploymentConfig, DeploymentConfig>? configure = null, TimeProvider? time = null)
    {
        var store = data.Open();
        var config = TestDeployment.Config(endpoint.ChatEndpoint);
        time ??= new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        var deployment = new OpenAiEmbeddingDeployment(configure?.Invoke(config) ?? config, TestDeployment.Services(time));
        return new EmbeddingSource(deployment, store.Judgments, store.Spending, TimeProvider.System);
    }

    private static string[] Prompts(int count) => [.. Enumerable.Range(0, count).Select(static i => string.Create(CultureInfo.InvariantCulture, $"What is number {i} about, and why?"))];

    /// <summary>Refuses whatever has a certain word in it.</summary>
    private sealed class Refusing(OpenAiEmbeddingDeployment inner) : IEmbeddingDeployment
    {
        public string Name => inner.Name;

        public ModelIdentity Model => inner.Model;

        public TokenPrices? Prices => inner.Prices;

        public int Concurrency => inner.Concurrency;

        public int MaxAttempts => inner.MaxAttempts;

        public ValueTask<EmbeddingReply> EmbedAsync(IReadOnlyList<string> texts, CallOrigin origin, CancellationToken cancellationToken) =>
            texts.Any(static t => t.Contains("forbidden", StringComparison.Ordinal)) ? ValueTask.FromResult(new EmbeddingReply { Failure = UnscoredReason.Filtered }) : inner.EmbedAsync(texts, origin, cancellationToken);
    }
}
