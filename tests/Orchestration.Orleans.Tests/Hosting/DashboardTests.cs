using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Orchestration.Cli;
using Orchestration.Core;
using Orchestration.Orleans.Commands;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Tests.Processes;
using Orleans;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>Orleans' own dashboard: it knows no keys, and so it is on this machine alone.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrate-dashboard-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Its_page_and_its_counters_answer_on_loopback_and_name_grains_of_ours()
    {
        await using var silo = await OrleansSilo.StartAsync(Options("http://127.0.0.1:0"), Cancelled);
        using var client = new HttpClient { BaseAddress = silo.Dashboard };
        (await client.GetStringAsync("/", Cancelled)).ShouldContain("Orleans Dashboard", Case.Insensitive);
        (await client.GetStringAsync("/index.min.js", Cancelled)).Length.ShouldBeGreaterThan(10_000);
        (await client.GetStringAsync("/ClusterStats", Cancelled)).ShouldStartWith("{");
        var judge = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IJudgeGrain>("readability");
        (await judge.DescribeAsync()).Descriptor.Id.ShouldBe("readability");
        string counters;
        while (!(counters = await client.GetStringAsync("/DashboardCounters", Cancelled)).Contains("Orchestration.Orleans.Grains.JudgeGrain", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancelled);
        counters.ShouldContain("Orchestration.Orleans.Grains.ShardGrain");
    }

    [Fact]
    public async Task It_answers_no_page_of_another_site_and_no_name_that_only_points_here()
    {
        await using var silo = await OrleansSilo.StartAsync(Options("http://localhost:0"), Cancelled);
        var port = silo.Dashboard!.Port;
        using var client = new HttpClient { BaseAddress = silo.Dashboard };
        foreach (var host in new[] { "evil.example", "orleans.internal:80", "192.168.0.7", "127.0.0.1.evil.example", "localhost.evil.example" })
            (await AskAsync(client, host, null)).ShouldBe(HttpStatusCode.Forbidden, host);
        (await AskAsync(client, null, "http://evil.example")).ShouldBe(HttpStatusCode.Forbidden);
        (await AskAsync(client, null, "null")).ShouldBe(HttpStatusCode.Forbidden);
        foreach (var host in new[] { "localhost", $"127.0.0.1:{port}", "127.9.8.7", "[::1]" })
            (await AskAsync(client, host, null)).ShouldBe(HttpStatusCode.OK, host);
        (await AskAsync(client, $"127.0.0.1:{port}", $"http://127.0.0.1:{port}")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8090")]
    [InlineData("http://192.168.0.7:8090")]
    [InlineData("http://[::]:8090")]
    [InlineData("http://[fe80::1]:8090")]
    [InlineData("http://[::ffff:10.0.0.4]:8090")]
    [InlineData("http://orleans.internal:8090")]
    [InlineData("http://localhost.evil.example:8090")]
    public async Task An_address_that_others_can_reach_is_refused_with_the_cure(string address)
    {
        var failure = await Should.ThrowAsync<OrchestrationException>(() => OrleansSilo.StartAsync(Options(address), Cancelled));
        failure.Code.ShouldBe(ErrorCodes.Usage);
        failure.Message.ShouldContain($"--dashboard is '{address}'");
        failure.Message.ShouldContain("http://127.0.0.1:8090");
        failure.Message.ShouldContain("ssh -L 8090:127.0.0.1:8090");
        Directory.EnumerateFileSystemEntries(_folder).ShouldBeEmpty("nothing was opened");
    }

    [Theory]
    [InlineData("http://*:8090")]
    [InlineData("http://+:8090")]
    [InlineData("8090")]
    [InlineData("127.0.0.1:8090")]
    [InlineData("https://127.0.0.1:8090")]
    [InlineData("http://127.0.0.1:8090/dashboard")]
    [InlineData("http://somebody@127.0.0.1:8090")]
    [InlineData("http://127.0.0.1:8090;http://0.0.0.0:8091")]
    public async Task What_is_no_address_of_this_machine_is_refused_with_an_example(string address)
    {
        var failure = await Should.ThrowAsync<OrchestrationException>(() => OrleansSilo.StartAsync(Options(address), Cancelled));
        failure.Code.ShouldBe(ErrorCodes.Usage);
        failure.Message.ShouldContain($"--dashboard is '{address}'");
        failure.Message.ShouldContain("http://127.0.0.1:8090");
    }

    [Fact]
    public async Task The_command_refuses_it_before_it_joins_anything()
    {
        using StringWriter output = new(), error = new();
        var context = new CliContext { Out = output, Error = error, StandardInput = Stream.Null };
        var status = await CommandLine.RunAsync(
            ["silo", "--clustering", "localhost", "--store", Path.Combine(_folder, "store.db"), "--dashboard", "http://0.0.0.0:8090"], context, "orchestrate-orleans", SiloCommand.Create(context));
        status.ShouldBe(ExitStatus.BadInput);
        error.ToString().ShouldContain("it is shown on this machine alone");
        error.ToString().ShouldNotContain("joined");
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_told()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var failure = await Should.ThrowAsync<OrchestrationException>(() => OrleansSilo.StartAsync(Options(string.Create(CultureInfo.InvariantCulture, $"http://{other.LocalEndpoint}")), Cancelled));
        failure.Message.ShouldBe($"The dashboard cannot listen at {other.LocalEndpoint}: another program does. Name another port with --dashboard.");
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient client, string? host, string? origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/DashboardCounters");
        if (host is not null) request.Headers.Host = host;
        if (origin is not null) request.Headers.Add("Origin", origin);
        using var response = await client.SendAsync(request, Cancelled);
        return response.StatusCode;
    }

    private OrleansOptions Options(string dashboard)
    {
        var (silo, gateway) = SiloProcess.FreePorts();
        return new OrleansOptions { Store = Path.Combine(_folder, "store.db"), Clustering = OrleansClustering.Localhost, SiloPort = silo, GatewayPort = gateway, Dashboard = dashboard };
    }
}
