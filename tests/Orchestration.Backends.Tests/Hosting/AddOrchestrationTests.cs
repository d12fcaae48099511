using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orchestration.Backends.Tests.Clients;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Quotas;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Hosting;

/// <summary>The libraries in an application's host, configured as the application is.</summary>
public sealed class AddOrchestrationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_section_gives_deployments_clients_and_judges()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions(), cancellationToken: Stop);
        using var host = await StartAsync($$$"""
            {"Orchestration": {
              "deployments": {
                "gpt": {"endpoint": "{{{endpoint.ChatEndpoint}}}", "model": {"publisher": "openai", "name": "gpt-4.1-mini"}, "reasoning-model": false,
                        "prices": {"input": 0.40, "output": 1.60}, "limits": {"concurrency": 3}},
                "pool": {"model": "m", "endpoints": [{"endpoint": "http://127.0.0.1:1/v1"}, {"endpoint": "http://127.0.0.1:2/v1", "limits": {"concurrency": 5}}]},
                "scalar": {"kind": "reward", "endpoint": "{{{endpoint.RewardEndpoint}}}", "model": "r"}
              },
              "judge-sets": {"quick": ["clarity@gpt"]},
              "judge-limits": {"clarity@gpt": {"requests-per-minute": 60000}}
            }}
            """);

        var chat = host.Services.GetRequiredKeyedService<IChatDeployment>("gpt");
        (chat.Name, chat.Concurrency, chat.Prices).ShouldBe(("gpt", 3, new TokenPrices(0.40m, 0.40m, 1.60m, 1.60m)));
        host.Services.GetRequiredKeyedService<OpenAiChatDeployment>("gpt").ShouldBeSameAs(chat);
        (await host.Services.GetRequiredKeyedService<IChatClient>("gpt").GetResponseAsync("Is the sea salt?", cancellationToken: Stop)).Text.ShouldNotBeEmpty();
        host.Services.GetRequiredKeyedService<IChatDeployment>("pool").Concurrency.ShouldBe(37);
        (await host.Services.GetRequiredKeyedService<IRewardDeployment>("scalar").RewardAsync("p", "a", CallOrigin.None, Stop)).Value.ShouldNotBeNull();
        var judges = host.Services.GetRequiredService<JudgeCatalog>().Resolve(["quick"]);
        judges.Judges.ShouldHaveSingleItem();
        host.Services.GetRequiredService<OrchestrationConfig>().JudgeLimits["clarity@gpt"].RequestsPerMinute.ShouldBe(60000);
    }

    [Fact]
    public async Task What_is_wrong_is_told_at_the_start_in_the_files_own_words()
    {
        var thrown = await Should.ThrowAsync<OptionsValidationException>(StartAsync("""
            {"Orchestration": {"deployments": {"gpt": {"endpoint": "ftp://x", "modle": "m", "limits": {"concurrency": 0}}}}}
            """));

        thrown.Failures.ShouldBe(
        [
            "configuration section 'Orchestration': deployments.gpt.model is missing. Write the name that the endpoint expects, e.g. 'model: gpt-4.1-mini', or {publisher, name, snapshot}.",
            "configuration section 'Orchestration': deployments.gpt.limits.concurrency is '0'; it is a whole number of calls in flight from 1 to 4096.",
            "configuration section 'Orchestration': deployments.gpt.endpoint is 'ftp://x'; it is an http or https address. Write an address like https://api.example/v1.",
            "configuration section 'Orchestration': deployments.gpt has an unknown key 'modle'. Did you mean 'model'?",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task A_key_in_the_section_is_refused_and_not_repeated()
    {
        var thrown = await Should.ThrowAsync<OptionsValidationException>(StartAsync("""
            {"Orchestration": {"deployments": {"gpt": {"endpoint": "https://api.example/v1", "model": "m", "key-env": "sk-abcdefghijklmnop"}}}}
            """));

        thrown.Message.ShouldContain("key-env");
        thrown.ToString().ShouldNotContain("sk-");
    }

    [Fact]
    public async Task A_file_stands_for_the_section_and_nothing_stands_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "orchestration.yaml"), "deployments: {filed: {endpoint: 'https://api.example/v1', model: m}}", Stop);
            using var host = await StartAsync("""{"Orchestration": {"file": "orchestration.yaml"}}""", root: folder);

            host.Services.GetRequiredKeyedService<IChatDeployment>("filed").Model.Name.ShouldBe("m");
            (await Should.ThrowAsync<OptionsValidationException>(StartAsync("""{"Orchestration": {"file": "orchestration.yaml", "rubrics": ["x"]}}""", root: folder))).Message.ShouldContain("file is set beside 'rubrics");
            (await Should.ThrowAsync<OptionsValidationException>(StartAsync("""{"Orchestration": {"file": "another.yaml"}}""", root: folder))).Message.ShouldContain("another.yaml");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_unknown_name_is_told_with_the_nearest_one()
    {
        using var host = await StartAsync("""{"Orchestration": {"deployments": {"gpt-mini": {"endpoint": "https://api.example/v1", "model": "m"}}}}""");

        Should.Throw<OrchestrationException>(() => host.Services.GetRequiredKeyedService<IChatDeployment>("gpt-mni")).Message.ShouldContain("Did you mean 'gpt-mini'?");
    }

    [Fact]
    public async Task The_applications_own_services_take_the_place_of_ours()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions(), cancellationToken: Stop);
        var quotas = new RecordingQuotas();
        using var client = new FakeChatClient((_, _, _) => Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "mine"))));
        using var host = await StartAsync(
            $$$"""{"Orchestration": {"deployments": {"gpt": {"endpoint": "{{{endpoint.ChatEndpoint}}}", "model": "m", "limits": {"requests-per-minute": 100} } } } }""",
            services => services.AddSingleton<IQuotaAuthority>(quotas).AddKeyedSingleton<IChatClient>("special", client));

        await host.Services.GetRequiredKeyedService<IChatClient>("gpt").GetResponseAsync("x", cancellationToken: Stop);

        quotas.Asks.Count.ShouldBe(1);
        host.Services.GetRequiredKeyedService<IChatClient>("special").ShouldBeSameAs(client);
    }

    private static async Task<IHost> StartAsync(string json, Action<IServiceCollection>? configure = null, string? root = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = root });
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        builder.Configuration.AddJsonStream(stream);
        builder.Services.AddOrchestration(builder.Configuration);
        configure?.Invoke(builder.Services);
        var host = builder.Build();
        try
        {
            await host.StartAsync(Stop);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
