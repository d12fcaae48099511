using System.CommandLine;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.Rubrics;

namespace Orchestration.Cli.Rubrics;

/// <summary><c>orchestrate rubric compile</c>.</summary>
internal static class CompileCommand
{
    public static Command Create(CliContext context)
    {
        var files = new Argument<string[]>("rubric") { Description = "Rubrics in Markdown with a section '## Checklist'.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string?>("--output", "-o") { Description = "Folder for the bundles. Default: beside each rubric." };
        var replace = new Option<bool>("--replace") { Description = "Write over a bundle of another version, whose judgments are then made anew." };
        var command = new Command("compile", $"Turns the checklist of a rubric into a locked bundle, ID{RubricCompiler.IdSuffix}{RubricBundle.FileSuffix}: criteria with points, answered with quotes that are looked for in the answer.") { files, output, replace };
        command.SetAction(parsed =>
        {
            // All of them or none: a fault in the last leaves nothing half done.
            var compiled = parsed.GetValue(files)!.Select(file => (File: file, Rubric: RubricCompiler.Compile(file, Read(file)))).ToArray();
            if (compiled.GroupBy(c => c.Rubric.Bundle.Id, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
                throw new OrchestrationException(ErrorCodes.Usage, $"{string.Join(" and ", twice.Select(c => c.File))} have the same id '{twice.First().Rubric.Bundle.Checklist!.SourceId}'. Give one of them another.");
            var planned = compiled.Select(c => (c.File, c.Rubric, Path: Path.Combine(parsed.GetValue(output) ?? FolderOf(c.File), c.Rubric.Bundle.Id + RubricBundle.FileSuffix))).ToArray();
            foreach (var (_, rubric, path) in planned) RefuseOther(path, rubric.Bundle, parsed.GetValue(replace));
            foreach (var (file, rubric, path) in planned) Write(context, file, rubric, path);
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>Names the bundles whose rubric was changed since they were compiled.</summary>
    public static bool NameStale(CliContext context, RubricLibrary library)
    {
        var any = false;
        foreach (var bundle in library.Rubrics)
        {
            if (bundle.Checklist is not { } checklist || !library.TryFind(checklist.SourceId, out var source) || source.Version == checklist.SourceVersion) continue;
            any = true;
            context.Error.WriteLine($"rubric '{source.Id}' ({Path.GetFileName(source.File)}) was changed since '{bundle.Id}' was compiled from it. Run `orchestrate rubric compile {source.File} --replace`, or give the rubric another id.");
        }

        return any;
    }

    private static void Write(CliContext context, string file, CompiledRubric compiled, string path)
    {
        var (bundle, checklist) = (compiled.Bundle, compiled.Bundle.Checklist!);
        var text = RubricFile.Write(bundle);
        var isSame = File.Exists(path) && string.Equals(Read(path), text, StringComparison.Ordinal);
        try
        {
            if (!isSame)
            {
                Directory.CreateDirectory(FolderOf(path));
                File.WriteAllText(path + ".new", text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                File.Move(path + ".new", path, overwrite: true);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{path}: the bundle cannot be written: {fault.Message}", fault);
        }

        context.Out.WriteLine(FormattableString.Invariant(
            $"{file}: {checklist.Criteria.Count} criteria, {checklist.Points:0.###} points, version {bundle.Version[..12]} {(isSame ? "is unchanged in" : "in")} {path}"));
        if (compiled.LeftOut.Count != 0)
            context.Out.WriteLine($"  left out: {string.Join(" and ", compiled.LeftOut.Select(name => $"'## {name}'"))}, since the score is added up from points");
        if (!isSame) context.Out.WriteLine($"  judge by {bundle.Id}@DEPLOYMENT; lock it with `orchestrate rubric lock {FolderOf(path)}`");
    }

    /// <summary>A bundle stays what it is: another version in its place is another judge, and somebody has to say so.</summary>
    private static void RefuseOther(string path, Rubric bundle, bool replaces)
    {
        if (replaces || !File.Exists(path)) return;
        Rubric known;
        try
        {
            known = RubricFile.Parse(path, Read(path));
        }
        catch (OrchestrationException fault) when (fault.Code == ErrorCodes.Rubric)
        {
            throw new OrchestrationException(ErrorCodes.Rubric, $"{fault.Message} To write it anew, add --replace.", fault);
        }

        if (known.Version != bundle.Version)
        {
            throw new OrchestrationException(
                ErrorCodes.Rubric,
                $"{path} holds version {known.Version[..12]}, and the rubric now compiles to {bundle.Version[..12]}: a new judge, whose judgments are made, and paid, anew. Add --replace if that is meant, or give the rubric another id.");
        }
    }

    private static string FolderOf(string file) => Path.GetDirectoryName(file) is { Length: > 0 } folder ? folder : ".";

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException fault)
        {
            throw new OrchestrationException(ErrorCodes.Rubric, $"{file}:1: the file is not UTF-8. Save it as UTF-8.", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{file}: the rubric cannot be read: {fault.Message}", fault);
        }
    }
}
