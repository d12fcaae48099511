using System.Net;
using Orchestration.Core;
using Orchestration.Silo.Hosting;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Running;

/// <summary>Starting a silo, and what it says of itself.</summary>
public sealed class HealthTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-test-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SiloOptions Options => new()
    {
        Store = Path.Combine(_folder, "store.db"),
        LocalFolder = _folder,
        Address = "http://127.0.0.1:0",
        Environment = static _ => null,
        Time = TimeProvider.System,
    };

    [Fact]
    public async Task A_silo_tells_that_it_is_live_and_ready()
    {
        await using var silo = await SiloHost.StartAsync(Options, Stop);
        using var client = new HttpClient { BaseAddress = silo.Address };

        (await client.GetStringAsync("/health/live", Stop)).ShouldBe("live");
        (await client.GetStringAsync("/health/ready", Stop)).ShouldBe("ready");
        (await client.GetAsync("/nothing", Stop)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("https://127.0.0.1:0")]
    [InlineData("http://example.com:80")]
    [InlineData("8080")]
    public async Task An_address_that_cannot_be_listened_on_is_refused(string address)
    {
        var refused = await Should.ThrowAsync<OrchestrationException>(async () => await SiloHost.StartAsync(Options with { Address = address }, Stop));

        refused.Code.ShouldBe(ErrorCodes.Usage);
        refused.Message.ShouldContain("--listen");
    }

    [Fact]
    public async Task A_silo_without_keys_listens_on_loopback_only()
    {
        var refused = await Should.ThrowAsync<OrchestrationException>(async () => await SiloHost.StartAsync(Options with { Address = "http://0.0.0.0:0", IsOpen = true }, Stop));

        refused.Message.ShouldContain("orchestrate key create");
    }

    [Fact]
    public async Task An_address_that_is_taken_is_told()
    {
        await using var first = await SiloHost.StartAsync(Options, Stop);

        var refused = await Should.ThrowAsync<OrchestrationException>(async () => await SiloHost.StartAsync(Options with { Address = first.Address.ToString() }, Stop));

        refused.Message.ShouldContain("taken");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
