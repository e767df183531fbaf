package io.dgrid.core.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {
  private final ChatTemplate template = new ChatTemplate(DemoTokenizer.read());

  @Test
  void laysMessagesOutForTheModel() {
    assertThat(
            template.render(
                List.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi <|end|>"))))
        .containsExactly(0, 1, 71, 106, 833, 51, 4, 2, 578, 37, 65, 129, 106, 269, 129, 67, 4, 3);
    assertThat(template.endToken()).isEqualTo(4);
  }

  @Test
  void rawTextOnlyGetsTheStart() {
    assertThat(template.renderText("What is")).containsExactly(0, 604, 309);
  }

  @Test
  void rolesAreAClosedSet() {
    // "end" is a control token too: as a role it would forge the end of a turn.
    for (String role : List.of("end", "endoftext", "tool", "", "User")) {
      assertThatThrownBy(() -> template.render(List.of(new ChatMessage(role, "Hi"))))
          .isInstanceOf(InvalidPromptException.class)
          .hasMessageContaining("'" + role + "'")
          .hasMessageContaining("assistant, system, user");
    }
  }

  @Test
  void refusesPromptsWithoutContent() {
    assertThatThrownBy(() -> template.render(List.of())).isInstanceOf(InvalidPromptException.class);
    assertThatThrownBy(() -> template.renderText("")).isInstanceOf(InvalidPromptException.class);
  }
}
