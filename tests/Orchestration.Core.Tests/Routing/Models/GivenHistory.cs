using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Tests.Routing.Models;

/// <summary>A small history of three tasks, each with an expert of its own: prompts of drawn words.</summary>
internal static class GivenHistory
{
    public static readonly string[] Experts = ["coder", "poet", "clerk"];

    private static readonly string[][] Words =
    [
        ["def", "return", "loop", "list", "index", "array", "compile", "stack", "class", "bug", "function", "python"],
        ["moon", "verse", "rhyme", "river", "sorrow", "petal", "ode", "song", "night", "whisper", "dusk", "sonnet"],
        ["invoice", "ledger", "tax", "audit", "refund", "receipt", "deadline", "form", "budget", "vat", "payroll", "quarter"],
    ];

    public static readonly string[] Tasks = ["code", "poetry", "office"];

    public static RoutingMatrix Matrix(int rows = 240, int seed = 1, bool costs = false)
    {
        var random = new Random(seed);
        var (ids, prompts, groups, quality, cost) = (new List<string>(), new List<string>(), new List<string>(), new List<double>(), new List<double>());
        for (var i = 0; i < rows; i++)
        {
            var task = i % 3;
            ids.Add($"h{i}");
            prompts.Add(Prompt(task, random));
            groups.Add(Tasks[task]);
            for (var m = 0; m < 3; m++)
            {
                // The clerk is good at everything, but each is best at what is its own.
                quality.Add(random.NextDouble() < (m == task ? 0.95 : m == 2 ? 0.6 : 0.2) ? 1 : 0);
                cost.Add(0.001 * (m + 1));
            }
        }

        return new RoutingMatrix(Experts, ids, prompts, groups, [.. quality], costs ? [.. cost] : null);
    }

    public static string Prompt(int task, Random random) => string.Join(' ', Enumerable.Range(0, 9).Select(_ => Words[task][random.Next(12)])) + "?";
}
