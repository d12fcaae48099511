using Orchestration.Core.Configuration;

namespace Orchestration.Core.Labels;

/// <summary>Somebody whom a model is told to be when it rates answers.</summary>
/// <param name="Name">Its name in ratings: lower-case letters, digits and '-'.</param>
/// <param name="Profile">How it is told to look at answers, 1–2,000 characters.</param>
public sealed record Persona(string Name, string Profile);

/// <summary>Panels of personas, for simulated ratings.</summary>
public static class PersonaSet
{
    /// <summary>Personas in one panel at most.</summary>
    public const int Most = 50;

    /// <summary>Eight of our own who want different things of an answer.</summary>
    public static IReadOnlyList<Persona> Builtin { get; } =
    [
        new("newcomer", "You are new to the subject of the question. You rate highly what you can follow from the first to the last sentence, and lowly what takes knowledge for granted or leaves terms unexplained."),
        new("expert", "You have worked for decades in the field of the question. You rate by whether every claim is exact and nothing that matters is left out; fluent mistakes make you angry."),
        new("busy-reader", "You have half a minute. You rate highly what gives the answer at once and stops, and lowly preambles, repetitions and lists that could have been a sentence."),
        new("fact-checker", "You check claims for a living. You rate by what could be verified; confident statements without ground cost more than an honest 'not known'."),
        new("practitioner", "You want to do the thing that is asked about, today. You rate highly concrete steps, numbers and examples that work, and lowly general advice."),
        new("careful-parent", "You think of who could be harmed. You rate lowly what is unsafe, hurtful or careless with people, however clever it is, and highly what is considerate without refusing to help."),
        new("teacher", "You teach. You rate highly reasons, structure and a check of understanding, and lowly a result without the way to it."),
        new("plain-speaker", "You like plain, friendly language. You rate lowly jargon, flattery and padding, and highly what sounds like a sensible person speaking."),
    ];

    /// <summary>Reads a file: <c>personas:</c> and under it a list of <c>- name: …</c> with <c>profile</c>.</summary>
    /// <param name="path">A YAML file; null for <see cref="Builtin"/>.</param>
    /// <exception cref="OrchestrationException">It cannot be read, or states something that cannot be (all problems at once, with their lines).</exception>
    public static IReadOnlyList<Persona> Load(string? path)
    {
        const string Cure = "Write 'personas:' and under it a list of '- name: …' with 'profile'.";
        if (path is null) return Builtin;
        if (!File.Exists(path)) throw new OrchestrationException(ErrorCodes.Input, $"The personas '{path}' do not exist. Check --personas.");
        if (ConfigurationReader.Root(File.ReadAllText(path), path) is not YamlDotNet.RepresentationModel.YamlMappingNode root) throw new OrchestrationException(ErrorCodes.Configuration, $"{path} states no personas. {Cure}");
        var problems = new ConfigurationProblems(path);
        var file = new ConfigurationSection(root, "", problems);
        var personas = new List<Persona>();
        foreach (var section in file.Sections("personas", Cure) ?? [])
        {
            var (name, profile) = (section.RequiredText("name", "Write a short name, such as expert."), section.RequiredText("profile", "Write how this persona looks at answers."));
            if (name is not null && (name.Length > 64 || !name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))) section.Problem("name", $"'{name}' is no name. Write lower-case letters, digits and '-', at most 64.");
            if (profile is { Length: > 2000 }) section.Problem("profile", "the profile has more than 2,000 characters. Shorten it.");
            if (name is not null && personas.Exists(p => p.Name == name)) section.Problem("name", $"two personas are called '{name}'. Give each a name of its own.");
            section.RefuseUnknown();
            if (name is not null && profile is not null) personas.Add(new Persona(name, profile));
        }

        if (!file.Has("personas")) problems.Add(1, $"personas is missing. {Cure}");
        file.RefuseUnknown();
        problems.ThrowIfAny();
        return personas.Count is >= 1 and <= Most ? personas : throw new OrchestrationException(ErrorCodes.Configuration, $"{path} has {personas.Count} personas. A panel has 1 to {Most}.");
    }
}
