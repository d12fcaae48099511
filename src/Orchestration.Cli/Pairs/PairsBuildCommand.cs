using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Judging.Answers;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Building;

namespace Orchestration.Cli.Pairs;

/// <summary><c>orchestrate pairs build</c>: questions with a truth that code can check become labelled comparisons.</summary>
internal static class PairsBuildCommand
{
    public static Command Create(CliContext context)
    {
        var questions = new Option<string[]>("--questions", "-q") { Description = "Files of {id, prompt, reference, group?, category?}: JSON lines or CSV, gzip too; '-' for standard input.", Required = true, AllowMultipleArgumentsPerToken = true };
        var deployment = new Option<string>("--deployment", "-d") { Description = "The model that answers.", Required = true };
        var answers = new Option<int>("--answers", "-k") { Description = "Answers to each question, 2 to 100.", DefaultValueFactory = _ => 8 };
        var checker = new Option<string>("--checker") { Description = $"What says which is right, by code: {string.Join(", ", AnswerChecker.Names)}.", DefaultValueFactory = _ => "numeric-match" };
        var instruction = new Option<string?>("--instruction") { Description = "Instruction before the question. Default: think step by step and end with 'Answer: …', which exact-match and choice look for." };
        var temperature = new Option<double>("--temperature") { Description = "Sampling temperature, above 0 to 2; not sent to a reasoning model.", DefaultValueFactory = _ => 1 };
        var tokens = new Option<int?>("--max-output-tokens") { Description = "Maximum output of a call. Default: the deployment's, else 1024." };
        var seed = new Option<ulong>("--seed") { Description = "Draws which answers are kept and which stands first. No part of the answers: another seed buys nothing.", DefaultValueFactory = _ => 0 };
        var output = new Option<string>("--out", "-o") { Description = "File of comparisons: {id, prompt, answer_a, answer_b, label, …}.", Required = true };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted and the first is told." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var config = SweepCommands.ConfigOption();
        var purchasing = new Purchasing();
        var command = new Command("build", "Buys several answers of one model to each question, checks them by code, and keeps one right and one wrong answer (JudgeBench's construction).")
        {
            questions, deployment, answers, checker, instruction, temperature, tokens, seed, output, rejects, json, config,
        };
        purchasing.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var check = AnswerChecker.Find(parsed.GetValue(checker)!);
            var each = MetaOptions.Within("--answers", parsed.GetValue(answers), 2, 100);
            var hot = parsed.GetValue(temperature);
            if (!(hot > 0 && hot <= 2)) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--temperature {hot}: above 0 to 2; at 0 all answers would be one."));
            var set = QuestionSet.Read(new RowInput { Files = parsed.GetValue(questions)!, RejectsPath = parsed.GetValue(rejects), StandardInput = context.StandardInput }, check, cancellationToken);
            await MetaText.RejectsAsync(context, set.Report);

            var name = parsed.GetValue(deployment)!;
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), purchasing.Store(parsed), cancellationToken);
            var stated = host.Config.Deployment(name);
            var settings = new AnswerSettings
            {
                Instruction = parsed.GetValue(instruction) ?? AnswerChecker.Instruction,
                Temperature = stated.ReasoningModel ? null : hot,
                MaxOutputTokens = MetaOptions.Within("--max-output-tokens", parsed.GetValue(tokens) ?? stated.MaxOutputTokens ?? 1024, 1, 1_000_000),
            };
            var source = new AnswerSource(host.Chat(name, purchasing.Concurrency(parsed)), settings, host.Purchases);
            var payer = "pairs-" + PairHash.Of(["pairs build", name, settings.Instruction, .. set.Questions.Select(static q => q.Prompt)]).ToString()[..12];
            var bound = set.Questions.Select(q => source.BoundUsd(q.Prompt)).Aggregate((decimal?)0, static (sum, one) => sum + one) * each;
            var what = string.Create(CultureInfo.InvariantCulture, $"{set.Questions.Count:N0} questions, {each} answers each: {set.Questions.Count * each:N0} answers");
            if (!await purchasing.BeginAsync(context, parsed, host, name, what, bound, payer, cancellationToken)) return ExitStatus.Completed;

            var bought = new BoughtAnswer?[set.Questions.Count * each];
            var run = await PurchaseRun.OfAsync(bought.Length, source.Concurrency, async (i, stop) =>
            {
                bought[i] = await source.AskAsync(set.Questions[i / each].Prompt, i % each, payer, stop);
                return bought[i]!.IsFromStore;
            }, cancellationToken);
            var spent = await Purchasing.SpentAsync(host, payer);
            if (run.Cap is { } cap || cancellationToken.IsCancellationRequested)
            {
                if (run.Cap is not null) await context.Error.WriteLineAsync(run.Cap.Message);
                await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{run.Done:N0} of {bought.Length:N0} answers are in the store, {spent}. Nothing is written yet; the same command goes on{(run.Cap is null ? "" : " with a higher --max-cost")}."));
                return run.Cap is null ? ExitStatus.Interrupted : ExitStatus.Capped;
            }

            BuiltQuestion[] built = [.. set.Questions.Select((q, i) => PairBuild.Check(q, [.. bought.AsSpan(i * each, each).ToArray().Select(static b => b!)], check, parsed.GetValue(seed)))];
            var model = stated.Model.Name;
            await Purchasing.WriteAsync(parsed.GetValue(output)!, PairBuild.Lines(built, model, check.Name, parsed.GetValue(seed)), cancellationToken);
            var counts = BuildCounts.Of(built);
            context.Write(Table(built));
            await TellAsync(context, counts, built.Length * each, run, spent, parsed.GetValue(output)!);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(MetaText.ToLine(Json(counts, run, bought, model, check.Name, parsed.GetValue(output)!)));
            return counts.Kept == 0 ? ExitStatus.Unsatisfied : ExitStatus.Completed;
        });
        return command;
    }

    private static Core.Reports.ReportTable Table(BuiltQuestion[] built)
    {
        var table = new MetaTable("questions", "asked", "kept", "all right", "all wrong", "unreadable", "right answers", "wrong answers", "unreadable answers");
        var groups = built.GroupBy(static b => b.Question.Category ?? "", StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).ToArray();
        if (groups.Length > 1)
        {
            foreach (var group in groups) Row(group.Key.Length == 0 ? "(no category)" : group.Key, BuildCounts.Of([.. group]));
        }

        Row("all", BuildCounts.Of(built));
        return table.Done();

        void Row(string name, BuildCounts c) => table.Row(
            name, MetaText.Number(c.Questions, 0), MetaText.Number(c.Kept, 0), MetaText.Number(c.AllRight, 0), MetaText.Number(c.AllWrong, 0), MetaText.Number(c.AllUnreadable, 0),
            MetaText.Number(c.Right, 0), MetaText.Number(c.Wrong, 0), MetaText.Number(c.Unreadable, 0));
    }

    private static async Task TellAsync(CliContext context, BuildCounts counts, int answers, PurchaseRun run, string spent, string path)
    {
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{counts.Kept:N0} comparisons in {path}; {counts.AllRight:N0} questions dropped because all readable answers were right, {counts.AllWrong:N0} because all were wrong, {counts.AllUnreadable:N0} because none could be read."));
        await context.Out.WriteLineAsync("Both answers are of one model, so its style does not give the right one away; the questions kept are those that it gets right sometimes, harder than the rest.");
        if (counts.Unreadable > answers / 10) await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{counts.Unreadable:N0} of {answers:N0} answers could not be read: see whether --instruction asks for what --checker reads, and whether --max-output-tokens cuts answers off."));
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{run.Done - run.FromStore:N0} answers bought now, {run.FromStore:N0} from the store, {spent}"));
    }

    private static JsonObject Json(BuildCounts counts, PurchaseRun run, BoughtAnswer?[] bought, string model, string checker, string path) => new()
    {
        ["out"] = path,
        ["model"] = model,
        ["checker"] = checker,
        ["questions"] = counts.Questions,
        ["kept"] = counts.Kept,
        ["all_right"] = counts.AllRight,
        ["all_wrong"] = counts.AllWrong,
        ["all_unreadable"] = counts.AllUnreadable,
        ["right_answers"] = counts.Right,
        ["wrong_answers"] = counts.Wrong,
        ["unreadable_answers"] = counts.Unreadable,
        ["failed_answers"] = bought.Count(static b => b!.Failure is not null),
        ["bought"] = run.Done - run.FromStore,
        ["from_store"] = run.FromStore,
        ["cost_usd"] = bought.Sum(static b => b!.Totals.CostUsd),
    };
}
