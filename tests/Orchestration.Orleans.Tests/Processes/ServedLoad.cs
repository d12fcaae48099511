using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Clients;
using Orleans.Runtime;

namespace Orchestration.Orleans.Tests.Processes;

/// <summary>A client that has pairs evaluated, one after another, until it is told that it is enough.</summary>
/// <param name="Answered">Evaluations that came back.</param>
/// <param name="Wrong">Of these, with other scores than the judge gives in this process.</param>
/// <param name="Failed">Evaluations that failed, the repeated attempt too.</param>
/// <param name="Failure">How the last one did.</param>
internal sealed record ServedLoad(int Answered, int Wrong, int Failed, string Failure)
{
    public static async Task<ServedLoad> RunAsync(OrleansClient client, CancellationToken enough)
    {
        var learned = await client.Actors.LearnAsync(["readability"]);
        var columns = Contracts.JudgeSets.ColumnsOf(learned);
        var here = Contracts.JudgeSets.Embedded("readability");
        var (answered, wrong, failed, failure) = (0, 0, 0, "");
        for (var row = 0; !enough.IsCancellationRequested; row++)
        {
            var answer = string.Create(CultureInfo.InvariantCulture, $"The answer is {row}. It takes {row % 7} words, or more.");
            var pair = new Pair { Id = "p", Prompt = "How many?", Answer = answer, Group = "g" };
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    var table = await EvaluateAsync(client.Actors, columns, pair);
                    answered++;
                    if (!table.Value(0, 0).Equals((await EvaluateAsync(here, columns, pair)).Value(0, 0))) wrong++;
                    break;
                }
                catch (Exception e) when (e is OrleansException or TimeoutException)
                {
                    // An evaluation is idempotent: whoever was asked while its silo left is asked again.
                    failure = e.Message;
                    if (attempt < 3) continue;
                    failed++;
                    break;
                }
            }
        }

        return new ServedLoad(answered, wrong, failed, failure);
    }

    private static async Task<JudgmentTable> EvaluateAsync(IActors actors, IReadOnlyList<EvaluationColumn> columns, Pair pair)
    {
        var table = new JudgmentTable(1, columns.Count);
        await actors.PairEvaluation("").EvaluateAsync(new EvaluationRequest { Pairs = [pair], Columns = columns, Table = table }, CancellationToken.None);
        return table;
    }
}
