using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Pairs;

namespace Orchestration.Backends.Tests.Hosting;

/// <summary>The example of docs/design/library.md, compiled and run as it stands there.</summary>
internal static class LibraryExample
{
    public static async Task<(string Answer, Judgment Judgment)> RunAsync(params string[] args)
    {
        // example
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddOrchestration(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync();

        // A deployment as a chat client: waits, retries and quotas are the deployment's.
        var client = host.Services.GetRequiredKeyedService<IChatClient>("gpt");
        var answer = await client.GetResponseAsync("Why is the sea salt?");

        // A judge: a rubric on the same deployment.
        var judges = host.Services.GetRequiredService<JudgeCatalog>().Resolve(["clarity@gpt"]);
        var pair = new Pair { Id = "1", Prompt = "Why is the sea salt?", Answer = answer.Text, Group = "sea" };
        var reply = await judges.Judges[0].JudgeAsync(new JudgeRequest<Pair> { Items = [pair] }, CancellationToken.None);
        Console.WriteLine(reply.Judgments[0].IsScored ? $"clarity: {reply.Judgments[0].Value}" : $"unscored: {reply.Judgments[0].Reason}");

        // end
        return (answer.Text, reply.Judgments[0]);
    }
}
