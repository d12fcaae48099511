using System.Net;
using System.Net.Sockets;
using Shouldly;
using Xunit;

namespace Orchestration.Simulation.Tests.Endpoint;

/// <summary>An endpoint that goes down and comes back.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task Connections_are_refused_and_taken_again_at_the_same_address()
    {
        await using var client = await EndpointClient.StartAsync();
        (await client.PostAsync(EndpointClient.Call("", "1"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        for (var round = 0; round < 3; round++)
        {
            await client.Endpoint.SetDownAsync();
            var refused = await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync(EndpointClient.Call("", "2")));
            refused.InnerException.ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
            await client.Endpoint.SetUpAsync();
            (await client.PostAsync(EndpointClient.Call("", "3"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        client.Endpoint.Statistics().Delivered.ShouldBe(4);
    }

    [Fact]
    public async Task Calls_in_flight_end_when_it_goes_down()
    {
        await using var client = await EndpointClient.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.Hang] });
        var asking = client.TextAsync(EndpointClient.Call("", "x"));
        await client.Endpoint.RequestsReachedAsync(1);

        await client.Endpoint.SetDownAsync();

        await Should.ThrowAsync<HttpRequestException>(asking);
    }

    [Fact]
    public async Task It_can_answer_503_or_reset_throughout()
    {
        await using var client = await EndpointClient.StartAsync();

        await client.Endpoint.SetDownAsync(ScriptedOutage.Unavailable);
        (await client.PostAsync(EndpointClient.Call("", "x"))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await client.Endpoint.SetDownAsync();
        await client.Endpoint.SetDownAsync(ScriptedOutage.Resets);
        await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync(EndpointClient.Call("", "x")));
        await client.Endpoint.SetUpAsync();
        (await client.PostAsync(EndpointClient.Call("", "x"))).StatusCode.ShouldBe(HttpStatusCode.OK);

        var seen = client.Endpoint.Statistics();
        (seen.Requests, seen.Delivered).ShouldBe((1, 1));
        seen.TurnedAway.ShouldBeGreaterThanOrEqualTo(2);
    }
}
