using System.ClientModel;
using System.Text;
using OpenAI;
using OpenAI.Chat;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>Answers that call the client's tools, whole and as streams, through the package that applications use.</summary>
public sealed class ToolCallTests
{
    public static readonly ScriptedToolCall[] Calls =
    [
        new("call_1", "weather", """{"city":"Zürich","days":[1,2,3]}"""),
        new("call_2", "clock", """{"zone":"Europe/Zurich"}"""),
    ];

    private static readonly ScriptedEndpointOptions Calling = new() { Respond = static call => call.Messages[^1].Role == "tool" ? new ScriptedReply { Text = "It is sunny." } : new ScriptedReply { ToolCalls = Calls } };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_whole_answer_keeps_its_calls_and_the_tools_results_go_back()
    {
        await using var world = await GatewayWorld.StartAsync([Calling]);
        var client = Client(world);

        var asked = (await client.CompleteChatAsync([new UserChatMessage("What is the weather?")], Tools(), Stop)).Value;

        asked.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        asked.ToolCalls.Select(static c => (c.Id, c.FunctionName, c.FunctionArguments.ToString())).ShouldBe(Calls.Select(static c => (c.Id, c.Name, c.Arguments)));
        ChatMessage[] turns = [new UserChatMessage("What is the weather?"), new AssistantChatMessage(asked), new ToolChatMessage("call_1", "sunny"), new ToolChatMessage("call_2", "12:00")];
        var told = (await client.CompleteChatAsync(turns, Tools(), Stop)).Value;
        told.Content[0].Text.ShouldBe("It is sunny.");
        (await world.SpentAsync()).SettledUsd.ShouldBe(world.Endpoints[0].Statistics().CostUsd);
    }

    [Theory]
    [InlineData(PlanKind.Single)]
    [InlineData(PlanKind.Cascade)]
    [InlineData(PlanKind.BestOf)]
    public async Task A_stream_keeps_its_calls_piece_by_piece(PlanKind kind)
    {
        await using var world = await GatewayWorld.StartAsync(
            [Calling, Calling], router: "  judging: {judges: set, share: 0}\njudge-sets:\n  set: [relevance]\n", policy: q => GatewayWorld.Choice(q, "e0", "e1") with { Kind = kind, Count = 2, Threshold = 1 });
        var calls = new SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)>();
        ChatFinishReason? finish = null;
        var pieces = 0;

        await foreach (var update in Client(world).CompleteChatStreamingAsync([new UserChatMessage("What is the weather?")], Tools(), Stop))
        {
            finish ??= update.FinishReason;
            foreach (var call in update.ToolCallUpdates)
            {
                pieces++;
                if (!calls.TryGetValue(call.Index, out var one)) calls[call.Index] = one = (call.ToolCallId, call.FunctionName, new StringBuilder());
                one.Arguments.Append(call.FunctionArgumentsUpdate?.ToString());
            }
        }

        finish.ShouldBe(ChatFinishReason.ToolCalls);
        calls.Values.Select(static c => (c.Id, c.Name, c.Arguments.ToString())).ShouldBe(Calls.Select(static c => (c.Id, c.Name, c.Arguments)));
        pieces.ShouldBeGreaterThan(4, "they came in pieces and were passed on in pieces");
        (await world.SpentAsync()).SettledUsd.ShouldBe(world.Endpoints.Sum(static e => e.Statistics().CostUsd));
        if (kind == PlanKind.Cascade) world.Endpoints[1].Statistics().Requests.ShouldBe(0, "an answer without text is taken as it is");
    }

    private static ChatClient Client(GatewayWorld world) => new("auto", new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = new Uri(world.Address, "/v1") });

    private static ChatCompletionOptions Tools()
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = 64 };
        foreach (var call in Calls) options.Tools.Add(ChatTool.CreateFunctionTool(call.Name, "A tool.", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}""")));
        return options;
    }
}
