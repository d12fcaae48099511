using System.Text;
using System.Text.Json;
using Orchestration.Core.Routing;
using Orchestration.Silo.Gateway.Errors;

namespace Orchestration.Silo.Gateway.Bodies;

/// <summary>A place in a body.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">Behind the last.</param>
internal readonly record struct Place(int Start, int End);

/// <summary>
/// What the gateway has to know of a chat completion's body, and where it stands there. Everything else is passed on as it came, whether it is known here or not.
/// </summary>
internal sealed class ChatBody
{
    /// <summary>More choices than any endpoint gives.</summary>
    private const int MostChoices = 128;

    private ChatBody(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Behind the opening brace: where something can be put in.</summary>
    public int Inside { get; private set; }

    /// <summary>What the client asked for.</summary>
    public string Model { get; private set; } = "";

    /// <summary>The value of <c>model</c>.</summary>
    public Place ModelAt { get; private set; }

    public bool IsStream { get; private set; }

    /// <summary>The value of <c>stream_options</c>; null where it is not stated.</summary>
    public Place? StreamOptionsAt { get; private set; }

    /// <summary>The value of <c>stream_options.include_usage</c>; null where it is not stated.</summary>
    public Place? IncludeUsageAt { get; private set; }

    /// <summary>True where the client wants the usage of a stream.</summary>
    public bool IncludesUsage { get; private set; }

    /// <summary>A maximum output that is stated as null; null where that is not so.</summary>
    public Place? NullMaxAt { get; private set; }

    /// <summary>Maximum output of one choice; null where none is stated.</summary>
    public long? MaxOutputTokens { get; private set; }

    /// <summary>Choices asked for.</summary>
    public int Choices { get; private set; } = 1;

    /// <summary>The closing bracket of <c>messages</c>.</summary>
    public int MessagesEnd { get; private set; }

    public int Messages { get; private set; }

    public int Images { get; private set; }

    /// <summary>Bytes of the images' addresses, data included.</summary>
    public long ImageBytes { get; private set; }

    /// <summary>Fields that change what a call costs in ways that no upper bound knows; null where there is none.</summary>
    public string? Unpriceable { get; private set; }

    /// <summary>The last user message, then the system message.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The last user message alone; the whole conversation where there is more than one turn.</summary>
    public string Prompt { get; private set; } = "";

    /// <summary>What a policy sees.</summary>
    public RoutingPrompt ToRoutingPrompt() => new(Text, (int)Math.Min(int.MaxValue, (Bytes.Length - ImageBytes) / 4), (int)Math.Min(int.MaxValue, (MaxOutputTokens ?? 0) * Choices));

    /// <summary>Reads a body.</summary>
    /// <param name="bytes">The body; not copied.</param>
    /// <exception cref="GatewayRefusalException">It is no JSON object, lacks <c>model</c> or <c>messages</c>, or states twice what must be known.</exception>
    public static ChatBody Read(ReadOnlyMemory<byte> bytes)
    {
        var body = new ChatBody(bytes);
        try
        {
            body.Scan();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Refused("The request's body is no valid JSON: " + e.Message, null);
        }

        if (body.ModelAt.End == 0) throw Refused("The request has no 'model'. Name a policy, such as 'auto', or an expert; GET /v1/models lists them.", "model");
        if (body.MessagesEnd == 0) throw Refused("The request has no 'messages'.", "messages");
        return body;
    }

    private void Scan()
    {
        var json = new Utf8JsonReader(Bytes.Span, new JsonReaderOptions { MaxDepth = 128 });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw Refused("The request's body is no JSON object.", null);
        Inside = (int)json.BytesConsumed;
        var seen = Fields.None;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = Field(json);

            // Which of two an endpoint takes is its own affair; what it costs is ours.
            if (field != Fields.None && (seen & field) != Fields.None) throw Refused($"The request states '{json.GetString()}' twice.", json.GetString());
            seen |= field;
            json.Read();
            switch (field)
            {
                case Fields.Model:
                    if (json.TokenType != JsonTokenType.String) throw Refused("'model' is no text.", "model");
                    ModelAt = At(json);
                    Model = json.GetString()!;
                    break;
                case Fields.Stream:
                    IsStream = json.TokenType == JsonTokenType.True;
                    break;
                case Fields.StreamOptions:
                    StreamOptions(ref json);
                    break;
                case Fields.MaxTokens or Fields.MaxCompletionTokens:
                    if (json.TokenType == JsonTokenType.Null) NullMaxAt = At(json);
                    else if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var most) || most is < 1 or > int.MaxValue) throw Refused("The maximum output is a whole number of tokens, at least 1.", "max_tokens");
                    else MaxOutputTokens = Math.Max(MaxOutputTokens ?? 0, most);
                    break;
                case Fields.Choices:
                    if (json.TokenType == JsonTokenType.Null) break;
                    if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out var choices) || choices is < 1 or > MostChoices) throw Refused("'n' is a whole number from 1 to 128.", "n");
                    Choices = choices;
                    break;
                case Fields.Messages:
                    if (json.TokenType != JsonTokenType.StartArray) throw Refused("'messages' is no list.", "messages");
                    new MessageScan(this).Read(ref json);
                    break;
                case Fields.ServiceTier:
                    if (json.TokenType == JsonTokenType.String && json.GetString() is not ("auto" or "default" or "flex")) Unpriceable = "service_tier";
                    break;
                case Fields.WebSearch:
                    if (json.TokenType != JsonTokenType.Null) Unpriceable = "web_search_options";
                    json.Skip();
                    break;
                case Fields.Audio:
                    if (json.TokenType != JsonTokenType.Null) Unpriceable = "audio";
                    json.Skip();
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (json.Read()) throw Refused("The request's body goes on behind its end.", null);
    }

    private void StreamOptions(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            StreamOptionsAt = At(json);
            json.Skip();
            return;
        }

        var start = (int)json.TokenStartIndex;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = json.ValueTextEquals("include_usage"u8);
            json.Read();
            if (isUsage && json.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null) (IncludeUsageAt, IncludesUsage) = (At(json), json.TokenType == JsonTokenType.True);
            json.Skip();
        }

        StreamOptionsAt = new Place(start, (int)json.BytesConsumed);
    }

    private static Place At(in Utf8JsonReader json) => new((int)json.TokenStartIndex, (int)json.BytesConsumed);

    private static Fields Field(in Utf8JsonReader json) =>
        json.ValueTextEquals("model"u8) ? Fields.Model
        : json.ValueTextEquals("messages"u8) ? Fields.Messages
        : json.ValueTextEquals("stream"u8) ? Fields.Stream
        : json.ValueTextEquals("stream_options"u8) ? Fields.StreamOptions
        : json.ValueTextEquals("max_tokens"u8) ? Fields.MaxTokens
        : json.ValueTextEquals("max_completion_tokens"u8) ? Fields.MaxCompletionTokens
        : json.ValueTextEquals("n"u8) ? Fields.Choices
        : json.ValueTextEquals("service_tier"u8) ? Fields.ServiceTier
        : json.ValueTextEquals("web_search_options"u8) ? Fields.WebSearch
        : json.ValueTextEquals("audio"u8) ? Fields.Audio
        : Fields.None;

    private static GatewayRefusalException Refused(string message, string? parameter) => new(GatewayError.Invalid("invalid_request", message, parameter));

    [Flags]
    private enum Fields
    {
        None = 0,
        Model = 1,
        Messages = 2,
        Stream = 4,
        StreamOptions = 8,
        MaxTokens = 16,
        MaxCompletionTokens = 32,
        Choices = 64,
        ServiceTier = 128,
        WebSearch = 256,
        Audio = 512,
    }

    /// <summary>Reads the messages: where they end, what the last of the user says, and what images there are.</summary>
    private ref struct MessageScan(ChatBody body)
    {
        private string _system = "";
        private string _user = "";
        private StringBuilder? _turns;
        private int _spoken;

        public void Read(ref Utf8JsonReader json)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                body.Messages++;
                if (json.TokenType != JsonTokenType.StartObject)
                {
                    json.Skip();
                    continue;
                }

                Message(ref json);
            }

            body.MessagesEnd = (int)json.TokenStartIndex;
            body.Text = _system.Length == 0 ? _user : _user.Length == 0 ? _system : _user + "\n\n" + _system;
            body.Prompt = _turns is null || _spoken < 2 ? _user : _turns.ToString();
        }

        private void Message(ref Utf8JsonReader json)
        {
            string? role = null;
            var text = "";
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isRole = json.ValueTextEquals("role"u8);
                var isContent = json.ValueTextEquals("content"u8);
                json.Read();
                if (isRole && json.TokenType == JsonTokenType.String) role = json.GetString();
                else if (isContent) text = Content(ref json);
                else json.Skip();
            }

            if (role is "system" or "developer")
            {
                if (_system.Length == 0) _system = text;
                return;
            }

            _spoken++;
            if (role == "user") _user = text;
            if (_spoken == 1)
            {
                (_firstRole, _firstText) = (role, text);
                return;
            }

            _turns ??= new StringBuilder().Append(_firstRole).Append(": ").Append(_firstText);
            _turns.Append("\n\n").Append(role).Append(": ").Append(text);
        }

        private string? _firstRole;
        private string? _firstText;

        private readonly string Content(ref Utf8JsonReader json)
        {
            if (json.TokenType == JsonTokenType.String) return json.GetString()!;
            if (json.TokenType != JsonTokenType.StartArray)
            {
                json.Skip();
                return "";
            }

            var text = "";
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.StartObject)
                {
                    json.Skip();
                    continue;
                }

                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    var isText = json.ValueTextEquals("text"u8);
                    var isImage = json.ValueTextEquals("image_url"u8);
                    json.Read();
                    var start = json.TokenStartIndex;
                    if (isText && json.TokenType == JsonTokenType.String) text = text.Length == 0 ? json.GetString()! : text + "\n" + json.GetString();
                    else json.Skip();
                    if (!isImage) continue;
                    body.Images++;
                    body.ImageBytes += json.BytesConsumed - start;
                }
            }

            return text;
        }
    }
}
