using System.CommandLine;
using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Rubrics;
using Spectre.Console;

namespace Orchestration.Cli.Rubrics;

/// <summary><c>orchestrate rubric list|show|compile|lock|verify</c>.</summary>
internal static class RubricCommands
{
    public static Command Create(CliContext context)
    {
        var folder = new Option<string?>("--folder") { Description = "Folder with rubrics (*.md); default: those that ship with the product." };
        return new Command("rubric", "The texts that tell model judges what to score.")
        {
            List(context, folder), Show(context, folder), CompileCommand.Create(context), Lock(context), Verify(context),
        };
    }

    private static RubricLibrary Library(string? folder) => folder is null ? RubricLibrary.Builtin : RubricLibrary.Load(folder);

    private static Command List(CliContext context, Option<string?> folder)
    {
        var command = new Command("list", "All rubrics with their scales and versions.") { folder };
        command.SetAction(parsed =>
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("rubric", "title", "protocol", "scale", "version");
            foreach (var rubric in Library(parsed.GetValue(folder)).Rubrics)
            {
                table.AddRow(
                    Markup.Escape(rubric.Id),
                    Markup.Escape(rubric.Title),
                    rubric.Protocol == RubricProtocol.Score ? "score" : "compare",
                    Markup.Escape(rubric.Protocol == RubricProtocol.Compare ? "A>B, A=B, B>A" : string.Join("; ", rubric.Dimensions.Select(d => d.Name is null ? ScaleText(d.Scale) : $"{d.Name} {ScaleText(d.Scale)}"))),
                    rubric.Version[..12]);
            }

            context.Tables().Write(table);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Show(CliContext context, Option<string?> folder)
    {
        var id = new Argument<string>("id") { Description = "The rubric's id." };
        var command = new Command("show", "One rubric, whole.") { id, folder };
        command.SetAction(parsed =>
        {
            var rubric = Library(parsed.GetValue(folder)).Find(parsed.GetValue(id)!);
            context.Out.WriteLine($"{rubric.Title} ({rubric.Id})");
            context.Out.WriteLine($"version {rubric.Version}");
            foreach (var dimension in rubric.Dimensions)
                context.Out.WriteLine($"scores  {dimension.Title}: {(rubric.Protocol == RubricProtocol.Compare ? "A>B, A=B or B>A" : ScaleText(dimension.Scale))}");
            if (rubric.Reference != MaterialUse.Never) context.Out.WriteLine(rubric.NeedsReference ? "needs   a reference" : "takes   a reference, where there is one");
            if (rubric.Context != MaterialUse.Never) context.Out.WriteLine(rubric.Context == MaterialUse.Required ? "needs   context" : "takes   context, where there is any");
            context.Out.WriteLine();
            context.Out.Write(rubric.Text);
            if (rubric.Checklist is { } checklist) Show(context, checklist);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static void Show(CliContext context, RubricChecklist checklist)
    {
        context.Out.WriteLine(FormattableString.Invariant($"\nchecklist of {checklist.Points:0.###} points, compiled from '{checklist.SourceId}' {checklist.SourceVersion[..12]}"));
        foreach (var criterion in checklist.Criteria)
        {
            context.Out.WriteLine(FormattableString.Invariant($"\n{criterion.Id}: {criterion.Points:0.###}{(criterion.NeedsQuote ? "" : ", no quote")}{string.Concat(criterion.Conditions.Select(c => $", when {c}"))}"));
            context.Out.WriteLine(criterion.Text);
        }
    }

    private static Command Lock(CliContext context)
    {
        var folder = new Argument<string>("folder") { Description = "Folder with rubrics.", DefaultValueFactory = _ => "rubrics" };
        var command = new Command("lock", $"Writes {RubricLock.FileName} with the version of every rubric in a folder.") { folder };
        command.SetAction(parsed =>
        {
            var path = Path.Combine(parsed.GetValue(folder)!, RubricLock.FileName);
            var locked = RubricLock.Of(RubricLibrary.Load(parsed.GetValue(folder)!));
            locked.Write(path);
            context.Out.WriteLine(FormattableString.Invariant($"locked {locked.Entries.Count} rubrics in {path}"));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Verify(CliContext context)
    {
        var folder = new Argument<string>("folder") { Description = "Folder with rubrics.", DefaultValueFactory = _ => "rubrics" };
        var command = new Command("verify", $"Compares a folder's rubrics with its {RubricLock.FileName}; exit status 1 where they differ.") { folder };
        command.SetAction(parsed =>
        {
            var locked = RubricLock.Read(Path.Combine(parsed.GetValue(folder)!, RubricLock.FileName));
            var library = RubricLibrary.Load(parsed.GetValue(folder)!);
            var differences = locked.Verify(library);
            foreach (var difference in differences) context.Error.WriteLine(difference.Message);
            var isStale = CompileCommand.NameStale(context, library);
            if (differences.Count != 0 || isStale) return ExitStatus.Unsatisfied;
            context.Out.WriteLine(FormattableString.Invariant($"{locked.Entries.Count} rubrics are as locked"));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static string ScaleText(Scale scale) => string.Create(CultureInfo.InvariantCulture,
        $"{scale.Min}–{scale.Max}{(scale.Step == 0 ? "" : $" by {scale.Step}")}{(scale.Direction == Direction.LowerIsBetter ? ", lower is better" : "")}");
}
